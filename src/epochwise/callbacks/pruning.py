"""End a trial of a search that is not worth more epochs."""

from typing import Annotated, Any

import lightning as L
from annotated_types import Ge


class Pruning(L.Callback):
    """Tell an Optuna study the score after each validated epoch, and stop where its pruner says so.

    The study is opened again by its storage, so a trial may run in another process or on another machine than the
    search. Only the first rank asks; all end after the same epoch.

    Args:
        monitor: the score; the study knows its better direction.
        storage: URL of the study's database; None: nothing is told, nothing pruned.
        study: its name.
        trial: the trial's number, from 0.
    """

    def __init__(
        self,
        monitor: str,
        storage: str | None = None,
        study: str | None = None,
        trial: Annotated[int, Ge(0)] | None = None,
    ) -> None:
        self.monitor, self.storage, self.study, self.number = monitor, storage, study, trial
        self.trial: Any = None
        self.reason: str | None = None

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.storage is not None and trainer.is_global_zero:
            from epochwise.sweep.trials import open_trial

            self.trial = open_trial(self.storage, str(self.study), int(self.number or 0))

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.storage is None or self.monitor not in trainer.callback_metrics:
            return
        epoch, prune = trainer.current_epoch, False
        if self.trial is not None:
            self.trial.report(float(trainer.callback_metrics[self.monitor]), epoch + 1)
            # After the last epoch there is nothing left to save.
            prune = epoch + 1 < (trainer.max_epochs or 0) and self.trial.should_prune()
        if trainer.strategy.reduce_boolean_decision(prune, all=False):
            self.reason = f"pruned: its {self.monitor} after {epoch + 1} epochs is behind that of other trials"
            if self.trial is not None:
                self.trial.set_user_attr("pruned_after_epochs", epoch + 1)
            trainer.should_stop = True
