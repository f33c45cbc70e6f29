"""Which epoch it is where a run with ``trainer.max_steps`` goes on."""

from typing import Any

import lightning as L


class EpochCount(L.Callback):
    """Let a run that is bounded by steps go on behind an epoch as one that is bounded by epochs does.

    Lightning (2.6) takes a checkpoint of an epoch's end for one within that epoch wherever ``max_steps`` is set: it
    would end the epoch once more, without a batch, and give its number to the next one. It leans on the loops'
    bookkeeping of restarts.
    """

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        loop: Any = trainer.fit_loop
        if loop.restarted_on_epoch_end:
            for part in (loop, loop.epoch_loop, loop.epoch_loop.val_loop):
                part._restarting = False
            loop.update_restart_stage()
            loop.epoch_progress.increment_completed()
        loop.epoch_progress.current.completed = loop.epoch_progress.current.processed
