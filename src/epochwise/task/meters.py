"""What is measured on one split."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torchmetrics import MeanMetric, Metric, MetricCollection


class Meters:
    """The mean loss and the scores of one split, over all its samples on all ranks.

    Sums are kept in 64 bits: where a run was cut off, ranks add up in another order, and what 32 bits round away would
    tell the run from one that was left alone.

    Args:
        scores: metrics to clone, by name.
    """

    def __init__(self, scores: Mapping[str, Metric]) -> None:
        self.loss = MeanMetric(nan_strategy=float("nan"))  # seen, not left out; "disable" (1.9) drops the weights too
        self.scores = MetricCollection(dict(scores), compute_groups=False).clone()
        self._keep_sums_in(torch.float64)

    def to(self, device: torch.device) -> None:
        """Measure on a device."""
        if device.type == "mps":  # which has no such numbers
            self._keep_sums_in(torch.float32)
        self.loss.to(device)
        self.scores.to(device)

    def update(self, loss: Tensor, prediction: Tensor, y: Tensor) -> None:
        """Take in a batch: its mean loss, what was predicted, and its targets (B,)."""
        self.loss.update(loss.detach(), weight=len(y))
        self.scores.update(prediction, y)

    def compute(self) -> dict[str, Tensor]:
        """``loss`` and the scores by name, of all ranks together; then begin anew."""
        values: dict[str, Tensor] = {"loss": self.loss.compute(), **self.scores.compute()}
        self.loss.reset()
        self.scores.reset()
        return {name: value.float() for name, value in values.items()}

    def state(self) -> dict[str, Any]:
        """What was taken in so far, by all ranks together, as tensors; every rank must ask."""
        kept: dict[str, Any] = {}
        for name, metric in self._all().items():
            with metric.sync_context():
                kept[name] = {state: torch.clone(value) for state, value in metric.metric_state.items()}  # type: ignore[arg-type]  # no lists
        return kept

    def load(self, kept: Mapping[str, Any]) -> None:
        """Go on from a ``state``, on one rank."""
        for name, metric in self._all().items():
            for state, value in kept[name].items():
                setattr(metric, state, value.to(metric.device, getattr(metric, state).dtype))

    def _keep_sums_in(self, dtype: torch.dtype) -> None:
        for metric in self._all().values():
            metric.set_dtype(dtype)

    def _all(self) -> dict[str, Metric]:
        return {"loss": self.loss, **dict(self.scores.items(copy_state=False))}
