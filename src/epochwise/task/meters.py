"""Means over samples, whatever the size of batches and the number of processes."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any

import lightning as L
import torch
from torch import Tensor
from torchmetrics import MeanMetric, Metric, MetricCollection
from torchmetrics.classification import MulticlassConfusionMatrix, MulticlassStatScores


class SampleMean:
    """Counts each sample of an optimizer step alike, in whatever batch and on whatever rank it stands.

    Lightning divides the loss of each batch by ``trainer.accumulate_grad_batches``, and DDP averages over ranks. Both
    give the mean over samples only where all batches of the step are there and equally large: the last step of an epoch
    may have fewer or smaller ones. So a batch counts by its samples against the first of its step, and before it is
    clipped and applied the gradient is divided by what the step has held in the end.
    """

    def __init__(self) -> None:
        # Of the step that is under way, on a rank on average: samples of its first batch, of all so far, and the sum of
        # the losses that were passed on.
        self.first: Any = None  # where a task has a training step of its own that does not ask
        self.samples: Any = 0.0
        self.losses: Any = 0.0

    def weigh(self, trainer: L.Trainer, loss: Tensor, num_samples: int, batch_idx: int) -> Tensor:
        """What to backpropagate for a batch of this rank, of its mean loss."""
        here: Any = num_samples
        size: Any = num_samples
        if trainer.world_size > 1:
            here = torch.tensor(float(num_samples), device=loss.device)
            size = trainer.strategy.reduce(here.clone(), reduce_op="mean")
        begins = batch_idx % trainer.accumulate_grad_batches == 0  # here Lightning sets the gradients to zero, too
        if begins:  # a first batch of nothing but what is ignored counts against one
            self.first, self.samples = size if size else 1.0, 0.0
        if trainer.world_size > 1 or size != self.first:
            loss = loss * here / self.first
        self.samples = self.samples + size
        self.losses = loss.detach() if begins else self.losses + loss.detach()
        return loss

    def finish(self, trainer: L.Trainer) -> None:
        """After the backward pass of a batch: if it ends the step, make the gradients the mean over its samples."""
        accumulate = trainer.accumulate_grad_batches
        if accumulate == 1 or self.first is None or trainer.fit_loop.epoch_loop._should_accumulate():
            return
        if trainer.world_size == 1 and self.samples == accumulate * self.first:
            return
        for parameter in trainer.lightning_module.parameters():
            if parameter.grad is not None:
                parameter.grad.mul_(accumulate * self.first / (self.samples or 1.0))  # nothing counted: no gradient

    def loss(self, trainer: L.Trainer) -> tuple[Tensor, float] | None:
        """The mean loss of the samples of the step so far, of all ranks; every rank must ask. ``None``: not known.

        It is the product of the two: whoever has time to wait for the device multiplies them.
        """
        if self.first is None:
            return None
        losses = self.losses
        if trainer.world_size > 1:
            losses = trainer.strategy.reduce(losses.clone(), reduce_op="mean")
        return losses, float(self.first / (self.samples or 1.0))


#: Numbers of predictions that are kept until they are measured, and the most batches they may be of.
KEPT_NUMBERS, KEPT_BATCHES = 2**18, 64


class Meters:
    """The mean loss and the scores of one split, over all its samples on all ranks.

    Sums are kept in 64 bits: where a run was cut off, ranks add up in another order, and what 32 bits round away would
    tell the run from one that was left alone.

    Measuring a batch of a small network takes longer than its step, most of it for asking and not for counting. So
    batches are kept, on their device, and measured together; scores that are counts then see them as one batch, which
    changes no bit of theirs.

    Args:
        scores: metrics to clone, by name.
    """

    def __init__(self, scores: Mapping[str, Metric]) -> None:
        self.loss = MeanMetric(nan_strategy=float("nan"))  # seen, not left out; "disable" (1.9) drops the weights too
        self.scores = MetricCollection(dict(scores), compute_groups=False).clone()
        self.of_counts = {name for name, score in self.scores.items() if _is_of_counts(score)}
        # Of the batches that are yet to be measured: loss and how many things it is a mean of, prediction and targets.
        self.losses: list[Tensor] = []
        self.counts: list[int] = []
        self.batches: list[tuple[Any, Any]] = []
        self.numbers = 0
        self._keep_sums_in(torch.float64)

    def to(self, device: torch.device) -> None:
        """Measure on a device."""
        if device.type == "mps":  # which has no such numbers
            self._keep_sums_in(torch.float32)
        self.loss.to(device)
        self.scores.to(device)

    def update(self, loss: Tensor, prediction: Any, y: Any, count: int) -> None:
        """Take in a batch: its mean loss over ``count`` things, what was predicted, and its targets.

        None of the tensors may be written over later.
        """
        self.losses.append(loss.detach())
        self.counts.append(count)
        self.batches.append((prediction, y))
        self.numbers += prediction.numel() if isinstance(prediction, Tensor) else KEPT_NUMBERS
        if self.numbers >= KEPT_NUMBERS or len(self.losses) == KEPT_BATCHES:
            self._measure()

    @property
    def is_empty(self) -> bool:
        """Whether nothing was taken in since the scores were computed last."""
        return not self.losses and not self.loss.update_called

    def compute(self) -> dict[str, Tensor]:
        """``loss`` and the scores by name, of all ranks together; then begin anew."""
        self._measure()
        values: dict[str, Tensor] = {"loss": self.loss.compute(), **self.scores.compute()}
        self.loss.reset()
        self.scores.reset()
        return {name: value.float() for name, value in values.items()}

    def state(self) -> dict[str, Any]:
        """What was taken in so far, by all ranks together, as tensors; every rank must ask."""
        self._measure()
        kept: dict[str, Any] = {}
        for name, metric in self._all().items():
            with metric.sync_context():
                kept[name] = {state: _copied(value) for state, value in metric.metric_state.items()}
        return kept

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on from a ``state``, on one rank."""
        for name, metric in self._all().items():
            for state, value in kept[name].items():
                if isinstance(value, list):  # all that was predicted, of a score that needs it whole
                    setattr(metric, state, [each.to(metric.device) for each in value])
                else:
                    setattr(metric, state, value.to(metric.device, getattr(metric, state).dtype))
            metric._update_count = max(metric._update_count, 1)  # else it warns that there was nothing

    def _measure(self) -> None:
        """Bring what was kept into the sums, in its order."""
        if not self.losses:
            return
        losses, counts, batches = self.losses, self.counts, self.batches
        self.losses, self.counts, self.batches, self.numbers = [], [], [], 0
        total = self.loss
        sums = torch.stack(losses).flatten().to(total.mean_value) * torch.tensor(counts).to(total.weight)
        # One behind the other, as if each had come alone: where a run goes on others come together.
        total.mean_value = torch.cat([total.mean_value.reshape(1), sums]).cumsum(0)[-1]
        total.weight = total.weight + sum(counts)
        total._update_count, total._computed = total._update_count + len(losses), None
        together = _joined(batches) if self.of_counts and len(batches) > 1 else batches
        for name, score in self.scores.items(copy_state=False):
            for prediction, y in together if name in self.of_counts else batches:
                score.update(prediction, y)

    def _keep_sums_in(self, dtype: torch.dtype) -> None:
        for metric in self._all().values():
            metric.set_dtype(dtype)

    def _all(self) -> dict[str, Metric]:
        return {"loss": self.loss, **dict(self.scores.items(copy_state=False))}


def _is_of_counts(score: Metric) -> bool:
    """Whether it counts classes, sample by sample: it then does not matter which samples stand in one batch.

    Scores of two classes or several labels take all that is given them for logits where one number is none in [0, 1].
    """
    return isinstance(score, (MulticlassStatScores, MulticlassConfusionMatrix))


def _joined(batches: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Predictions and targets as one batch, or as several where samples differ in their shape."""
    joined: list[tuple[Any, Any]] = []
    for shapes, group in groupby(batches, key=lambda batch: tuple(map(_shape_of_sample, batch))):
        alike = list(group)
        joined += alike if None in shapes else [(torch.cat([p for p, _ in alike]), torch.cat([y for _, y in alike]))]
    return joined


def _shape_of_sample(batch: Any) -> tuple[Any, ...] | None:
    return (batch.shape[1:], batch.dtype) if isinstance(batch, Tensor) and batch.ndim else None


def _copied(state: Any) -> Any:
    return [each.clone() for each in state] if isinstance(state, list) else state.clone()


def count_samples(batch: Any) -> int:
    """Samples of a batch: the length of the first tensor in it; 0 where there is none."""
    if isinstance(batch, Tensor):
        return len(batch) if batch.ndim else 1
    if isinstance(batch, (str, bytes)):
        return 0
    parts = batch.values() if isinstance(batch, Mapping) else batch if isinstance(batch, (list, tuple)) else ()
    return next(filter(None, map(count_samples, parts)), 0)
