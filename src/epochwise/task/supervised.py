"""What every task with inputs and targets shares: steps, and scores that are right on any number of ranks."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import Metric

from epochwise.task.meters import Meters, SampleMean, count_samples
from epochwise.task.optimized import Optimized


def in_dtype(x: Any, dtype: Any) -> Any:
    """Floats of x, or of each of several, as ``dtype``: ``trainer.precision`` may be true."""
    if isinstance(x, Tensor):
        return x.to(dtype) if x.is_floating_point() else x
    if isinstance(x, Mapping):
        return {name: in_dtype(each, dtype) for name, each in x.items()}
    return type(x)(in_dtype(each, dtype) for each in x) if isinstance(x, (list, tuple)) else x


class Supervised(Optimized):
    """A network trained on batches (x, y); x is a tensor, or several by name.

    Scores are updated every batch and computed once at the end of each pass over a split. They are weighted by sample,
    or by what ``count`` says, and gathered from all ranks, so they do not depend on batch size or number of processes.
    They are logged as ``<stage>/<name>`` with the stages ``train``, ``val`` and ``test``; scores of ``train`` are those
    of the moving model, in training mode, those of ``train_eval`` are measured with ``val`` (``callbacks.train_eval``).

    A task of one's own gives ``metrics``, ``compute_loss``, ``predict`` and its ``scores``; where its loss is a mean
    over something else than samples ``count``; and where the output has one shape alone ``output_shape``.

    Args:
        network: maps x (B, ...), or a dict of such, to its output, most often (B, num_outputs).
        optimizer: makes the optimizer, see ``task.optimized``.
        scheduler: makes the schedule, see there.
        scores: metrics to clone for each stage, by name; updated with ``predict``'s output and y.
        monitor: the score that ReduceLROnPlateau follows.
    """

    #: name -> better direction ("min" or "max") of everything logged; read without importing, to check ``monitor``.
    metrics: ClassVar[dict[str, str]] = {"loss": "min"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        scores: Mapping[str, Metric],
        monitor: str = "val/loss",
    ) -> None:
        super().__init__(network, optimizer, scheduler, monitor)
        # A plain dict: they are no part of the model that is summed up, averaged and saved.
        self.meters = {stage: Meters(scores) for stage in ("train", "train_eval", "val", "test")}
        #: Whether the network answers into memory that it writes again with its next batch, as CUDA graphs do.
        self.answers_are_copied = False
        self.cut_short: dict[str, Any] = {}  # what was measured of an epoch that the end of the run cut short
        self.sample_mean = SampleMean()

    def setup(self, stage: str) -> None:
        for meters in self.meters.values():
            meters.to(self.device)

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """The mean loss of a batch from the network's output (B, num_outputs) and targets (B,)."""
        raise TypeError(f"{type(self).__name__} needs a compute_loss of its own: how its loss is computed")

    def predict(self, output: Tensor) -> Tensor:
        """What the scores compare with y, and what is written for a new sample, from (B, num_outputs)."""
        return output

    def count(self, y: Any) -> int:
        """Over how many things the loss of a batch is a mean: its samples, or its pixels or tokens that count."""
        return count_samples(y)

    def output_shape(self, y: Any) -> tuple[int, ...] | None:
        """The shape of the network's output for targets y; None where any will do."""
        return None

    def scored(self, prediction: Tensor, y: Any) -> tuple[Any, Any]:
        """What the scores are given, of what was predicted and the targets."""
        return prediction, y

    def derived(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """The scores of a pass over a split, with those that follow from others."""
        return values

    def reference_scores(self) -> Mapping[str, tuple[float, float | None]]:
        """Scores by name, as (of knowing nothing but the training targets, the best there is); those that are known."""
        return {}

    def forward(self, x: Any) -> Tensor:
        """Map x (B, ...), or several of them by name, to the network's output."""
        out: Tensor = self.network(in_dtype(x, self.dtype))
        return apply_to_collection(out, Tensor, Tensor.clone) if self.answers_are_copied else out

    def training_step(self, batch: tuple[Any, Any], batch_idx: int) -> Tensor:
        loss, _ = self.measure("train", batch)
        return self.sample_mean.weigh(self.trainer, loss, self.count(batch[1]), batch_idx)

    def on_after_backward(self) -> None:
        self.sample_mean.finish(self.trainer)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        trainer = self.trainer
        out_of_steps = 0 <= trainer.max_steps <= trainer.global_step
        stopped = trainer.should_stop and trainer.current_epoch >= (trainer.min_epochs or 0)
        if trainer.is_last_batch or out_of_steps or stopped:  # the epoch ends here
            if not trainer.is_last_batch:  # and goes on with the run, if that does
                self.cut_short = self.meters["train"].state()
            self.log_scores("train")

    def on_train_epoch_end(self) -> None:
        if not self.meters["train"].is_empty:  # who stops the run by a validation within an epoch comes later
            self.cut_short = self.meters["train"].state()
            self.log_scores("train")
        super().on_train_epoch_end()

    def validation_step(self, batch: tuple[Any, Any], batch_idx: int) -> Tensor:
        return self.measure("val", batch)[1]

    def test_step(self, batch: tuple[Any, Any], batch_idx: int) -> Tensor:
        return self.measure("test", batch)[1]

    def predict_step(self, batch: Any, batch_idx: int) -> Tensor:
        return self.predict(self(batch[0] if isinstance(batch, (tuple, list)) else batch))

    def on_validation_epoch_end(self) -> None:
        self.log_scores("val")
        super().on_validation_epoch_end()

    def on_test_epoch_end(self) -> None:
        self.log_scores("test")

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:  # of an epoch begun, of all ranks together
        super().on_save_checkpoint(checkpoint)
        checkpoint["meters"] = self.cut_short or self.meters["train"].state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        if self.global_rank == 0:  # which then has what all had measured
            self.meters["train"].load(checkpoint["meters"])

    def measure(self, stage: str, batch: tuple[Any, Any]) -> tuple[Tensor, Tensor]:
        """Take a batch into the scores of a stage. Returns its mean loss and what was predicted."""
        output, y = self(batch[0]), batch[1]
        loss = self.compute_loss(output, y)
        prediction = self.predict(output.detach())
        self.meters[stage].update(loss, *self.scored(prediction, y), self.count(y))
        return loss, prediction

    def log_scores(self, stage: str) -> None:
        """Compute what was measured of a stage, log it and begin anew."""
        # Computed over all samples of all ranks already, so equal everywhere: the largest is any of them.
        found = self.derived(self.meters[stage].compute())
        values = {f"{stage}/{name}": value for name, value in found.items()}
        self.log_dict(values, on_step=False, on_epoch=True, batch_size=1, reduce_fx="max", sync_dist=True)
