"""Rows of ``validations.csv``: one a validation, where there are others than at the end of each epoch."""

from typing import Any

import lightning as L
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.run.epoch_log import EpochLog
from epochwise.run.epochs_csv import GrowingCsv, Row
from epochwise.run.kept_rows import KeptRows, rows_kept


class ValidationLog(L.Callback):
    """Write a row for each validation: its epoch (from 0), optimizer steps so far, and scores.

    Only where validations come otherwise than with the ends of epochs, whose rows say it all. The rows are kept in the
    checkpoint: a run that goes on from there writes what followed anew. It must come after the epoch log.

    Args:
        epoch_log: which names the scores.
    """

    def __init__(self, epoch_log: EpochLog) -> None:
        self.epoch_log, self.path = epoch_log, epoch_log.table.path.with_name("validations.csv")
        self.table = GrowingCsv(self.path)
        self.rows: list[Row] = []
        self.kept_rows = KeptRows()
        self.is_written = False

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.epoch_log.continued and (self.is_written or self.path.exists()):
            self._write(trainer)

    def on_validation_end(self, trainer: Any, pl_module: L.LightningModule) -> None:
        if trainer.state.fn != TrainerFn.FITTING or trainer.sanity_checking:
            return
        row: Row = {"epoch": trainer.current_epoch, "step": trainer.global_step}
        self.rows.append({**row, **self.epoch_log.val_scores})
        self.is_written |= not trainer.is_last_batch or trainer.check_val_every_n_epoch is None
        if self.is_written:
            self._write(trainer)

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["validations"] = {"rows": self.kept_rows.of(self.rows), "is_written": self.is_written}

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        kept = checkpoint.get("validations", {"rows": [], "is_written": False})  # which runs of before lack
        self.rows, self.is_written = rows_kept(kept), bool(kept["is_written"])

    def _write(self, trainer: L.Trainer) -> None:
        if trainer.is_global_zero:
            self.table.write(self.rows)
