"""What every task with inputs and targets shares: steps, scores that are right on any number of ranks, optimizers."""

import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple

import lightning as L
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import MeanMetric, Metric, MetricCollection

from epochwise.optimizer.decay_groups import decay_groups

STAGES = ("train", "val", "test")


class Meters(NamedTuple):
    """What is measured on one split: the mean loss, and scores of the predictions."""

    loss: MeanMetric
    scores: MetricCollection

    def all(self) -> dict[str, Metric]:
        """Every one of them by name."""
        return {"loss": self.loss, **dict(self.scores.items(copy_state=False))}


class Supervised(L.LightningModule):
    """A network trained on batches (x, y).

    Scores are updated every batch and computed once at the end of each pass over a split. They are weighted by sample
    and gathered from all ranks, so they do not depend on batch size or number of processes. They are logged as
    ``<stage>/<name>`` with the stages ``train``, ``val`` and ``test``; scores of ``train`` are those of the moving
    model, in training mode.

    A task of one's own gives ``metrics``, ``compute_loss``, ``predict`` and its ``scores``.

    Args:
        network: maps (B, ...) to (B, num_outputs).
        optimizer: makes the optimizer from parameter groups; the groups' weight decay is its own (``decay_groups``).
        scheduler: makes the schedule from the optimizer. One that takes ``steps_per_epoch`` gets it and is stepped
            every optimizer step; ReduceLROnPlateau is stepped after each validation; any other every epoch.
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
        super().__init__()
        self.network = network
        self.make_optimizer = optimizer
        self.make_scheduler = scheduler
        self.monitor = monitor
        # In a plain dict: they are no part of the model that is summed up, averaged and saved.
        self.meters = {
            stage: Meters(MeanMetric(), MetricCollection(dict(scores), compute_groups=False).clone())
            for stage in STAGES
        }

    def setup(self, stage: str) -> None:
        for meters in self.meters.values():
            meters.loss.to(self.device)
            meters.scores.to(self.device)

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """The mean loss of a batch from the network's output (B, num_outputs) and targets (B,)."""
        raise TypeError(f"{type(self).__name__} does not say how its loss is computed: give it a compute_loss")

    def predict(self, output: Tensor) -> Tensor:
        """What the scores compare with y, and what is written for a new sample, from (B, num_outputs)."""
        return output

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, ...) to the network's output (B, num_outputs)."""
        out: Tensor = self.network(x)
        return out

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        loss, _ = self._measure("train", batch)
        if self.trainer.is_last_batch:
            self._log_scores("train")
        if self.trainer.world_size > 1:
            # DDP averages the ranks' gradients; where they hold unequal shares of a batch, each counts by its samples.
            size = torch.tensor(float(len(batch[1])), device=self.device)
            loss = loss * size / self.trainer.strategy.reduce(size.clone(), reduce_op="mean")
        return loss

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self._measure("val", batch)[1]

    def test_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self._measure("test", batch)[1]

    def predict_step(self, batch: Tensor | tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        return self.predict(self(batch[0] if isinstance(batch, (tuple, list)) else batch))

    def on_validation_epoch_end(self) -> None:
        self._log_scores("val")
        if not self.trainer.sanity_checking and not self.monitor.startswith("train/"):
            self._step_plateau()

    def on_train_epoch_end(self) -> None:
        if self.monitor.startswith("train/"):
            self._step_plateau()

    def on_test_epoch_end(self) -> None:
        self._log_scores("test")

    def configure_optimizers(self) -> Any:
        """The optimizer over all parameters and its schedule, as Lightning wants them."""
        optimizer = self.make_optimizer(decay_groups(self.network))
        given: dict[str, Any] = {}
        # A functools.partial's signature is that of what it wraps.
        if "steps_per_epoch" in inspect.signature(self.make_scheduler).parameters:
            given["steps_per_epoch"] = max(
                round(self.trainer.estimated_stepping_batches / (self.trainer.max_epochs or 1)), 1
            )
        schedule: dict[str, Any] = {"scheduler": self.make_scheduler(optimizer, **given)}
        schedule["interval"] = "step" if given else "epoch"
        if isinstance(schedule["scheduler"], ReduceLROnPlateau):
            # Lightning would step it after the epoch's checkpoint was written: a resumed run would have lost that step.
            schedule |= {"monitor": self.monitor, "frequency": sys.maxsize}
        return {"optimizer": optimizer, "lr_scheduler": schedule}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep what was measured of an epoch begun, of all ranks together."""
        kept: dict[str, Any] = {}
        for name, metric in self.meters["train"].all().items():
            with metric.sync_context():
                kept[name] = {state: torch.clone(value) for state, value in metric.metric_state.items()}  # type: ignore[arg-type]  # no lists
        checkpoint["meters"] = kept

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Go on with what was measured; rank 0 has that of all."""
        if self.global_rank == 0:
            for name, metric in self.meters["train"].all().items():
                for state, value in checkpoint["meters"][name].items():
                    setattr(metric, state, value.to(self.device))

    def _step_plateau(self) -> None:
        scheduler = self.lr_schedulers()
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(self.trainer.callback_metrics[self.monitor])

    def _measure(self, stage: str, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        x, y = batch
        output = self(x)
        loss = self.compute_loss(output, y)
        prediction = self.predict(output.detach())
        self.meters[stage].loss.update(loss.detach(), weight=len(y))
        self.meters[stage].scores.update(prediction, y)
        return loss, prediction

    def _log_scores(self, stage: str) -> None:
        meters = self.meters[stage]
        values = {"loss": meters.loss.compute(), **meters.scores.compute()}
        # Computed over all samples of all ranks already, so equal everywhere: the largest is any of them.
        named = {f"{stage}/{name}": value for name, value in values.items()}
        self.log_dict(named, on_step=False, on_epoch=True, batch_size=1, reduce_fx="max", sync_dist=True)
        meters.loss.reset()
        meters.scores.reset()
