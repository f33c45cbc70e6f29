"""The gradient of an optimizer step is the mean over its samples.

This file alone leans on ``_should_accumulate`` of Lightning's training loop, which says whether a batch ends the step;
tests/task/test_sample_mean.py fails where that changes.
"""

from typing import Any

import lightning as L
import torch
from torch import Tensor


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
        if begins:
            self.first, self.samples = size, 0.0
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
                parameter.grad.mul_(accumulate * self.first / self.samples)

    def loss(self, trainer: L.Trainer) -> float | None:
        """The mean loss of the samples of the step so far, of all ranks; every rank must ask. ``None``: not known."""
        if self.first is None:
            return None
        losses = self.losses
        if trainer.world_size > 1:
            losses = trainer.strategy.reduce(losses.clone(), reduce_op="mean")
        return float(losses) * float(self.first / self.samples)
