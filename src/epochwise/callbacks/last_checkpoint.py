"""The checkpoint that a run is continued from."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated, Any

import lightning as L
from annotated_types import Ge, Gt
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor

from epochwise.device.sharded_checkpoint import remove_unnamed_shards
from epochwise.device.sharded_network import local
from epochwise.run.checkpoints import BeforeCooldown
from epochwise.run.run_folder import link_file
from epochwise.run.write_checkpoint import wait_for_checkpoints, written_beside
from epochwise.source.fit import checked_arguments


class LastCheckpoint(Checkpoint):
    """Keep ``last.ckpt``, and the one before it as ``previous.ckpt``.

    It is written at the end of every epoch, and within an epoch where asked for: then at the start of the batch that
    follows, when the step, its gradients and a validation that was due are done with. A run continued from it goes on
    as if nothing had happened. Training waits for a copy in host memory alone: the file is written beside it, and has
    its name before one of a later step is saved, the run ends, or a data worker is started. Weights that are no numbers
    are not written over good ones. Where a schedule that can cool down begins to (``WSD``), those of before stay in
    ``before_cooldown`` (``BeforeCooldown``): a longer run, and runs of other counts, go on from there.

    Args:
        dirpath: the folder of both files; what is kept of before a cool-down takes one called ``checkpoints``.
        every_n_steps: optimizer steps between two checkpoints within an epoch; ``None``: only epoch ends.
        every_n_minutes: minutes between two checkpoints within an epoch; ``None``: only epoch ends.
    """

    @checked_arguments
    def __init__(
        self,
        dirpath: str | Path,
        every_n_steps: Annotated[int, Ge(1)] | None = None,
        every_n_minutes: Annotated[float, Gt(0)] | None = None,
    ) -> None:
        self.path = Path(dirpath) / "last.ckpt"
        self.every_n_steps, self.every_n_minutes = every_n_steps, every_n_minutes
        self.saved_step, self.seen_step, self.saved_at = 0, 0, monotonic()

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.saved_step = self.seen_step = trainer.global_step
        self.saved_at = monotonic()

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        kept_here = self.path.parent.name == "checkpoints" and trainer.is_global_zero
        cools = any(getattr(each.scheduler, "cooldown_begins", False) for each in trainer.lr_scheduler_configs)
        if batch_idx == 0 and cools and kept_here:
            wait_for_checkpoints(trainer)
            BeforeCooldown(self.path.parent.parent).keep(trainer.global_step)
        # Between two batches of one optimizer step there are gradients, which no checkpoint holds.
        stepped, self.seen_step = trainer.global_step > self.seen_step, trainer.global_step
        if batch_idx > 0 and stepped and self._due(trainer):
            self.save(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.fast_dev_run:  # type: ignore[attr-defined]  # set on the instance
            self.save(trainer)
            if trainer.should_stop or trainer.current_epoch + 1 == trainer.max_epochs:
                wait_for_checkpoints(trainer)  # what comes at the end of a run may look for it

    def save(self, trainer: L.Trainer) -> None:
        """Write the checkpoint now; every rank must call it."""
        finite = all(map(_is_finite, trainer.lightning_module.parameters()))
        if not trainer.strategy.reduce_boolean_decision(finite):
            return
        with written_beside(trainer) as in_order, _batch_not_begun(trainer), _epoch_not_over(trainer):
            if trainer.is_global_zero:
                in_order(self._keep_previous)
            trainer.save_checkpoint(self.path)
            if trainer.is_global_zero:
                in_order(partial(remove_unnamed_shards, self.path.parent))
        self.saved_step, self.saved_at = trainer.global_step, monotonic()

    def _keep_previous(self) -> None:
        if self.path.exists():
            link_file(self.path, self.path.with_name("previous.ckpt"))

    def _due(self, trainer: L.Trainer) -> bool:
        due = self.every_n_steps is not None and trainer.global_step - self.saved_step >= self.every_n_steps
        if self.every_n_minutes is not None:
            late = monotonic() - self.saved_at >= 60 * self.every_n_minutes
            due |= trainer.strategy.reduce_boolean_decision(late, all=False)  # clocks differ between ranks
        return due


def _is_finite(weight: Tensor) -> bool:
    weight = local(weight.detach())
    # A sum of what is not finite is not finite, and takes a tenth of the time.
    return bool(weight.sum().isfinite()) or bool(weight.isfinite().all())


@contextmanager
def _batch_not_begun(trainer: L.Trainer) -> Iterator[None]:
    """At the start of a batch, let Lightning's counters say that it is yet to be fetched: a resumed run will do so."""
    progress: Any = trainer.fit_loop.epoch_loop.batch_progress
    begun, is_last_batch = progress.current.ready - progress.current.started, progress.is_last_batch
    for counts in (progress.current, progress.total):
        counts.ready -= begun
    progress.is_last_batch = is_last_batch and not begun
    yield
    for counts in (progress.current, progress.total):
        counts.ready += begun
    progress.is_last_batch = is_last_batch


@contextmanager
def _epoch_not_over(trainer: L.Trainer) -> Iterator[None]:
    """Where training ends within an epoch, let Lightning's counters say so: with more steps or time the run goes on."""
    loop: Any = trainer.fit_loop
    epochs, batches = loop.epoch_progress, loop.epoch_loop.batch_progress
    cut_short = epochs.total.processed == epochs.total.started and not batches.is_last_batch
    for counts in (epochs.current, epochs.total):
        counts.processed -= cut_short
    yield
    for counts in (epochs.current, epochs.total):
        counts.processed += cut_short
