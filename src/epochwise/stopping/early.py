"""Stop when the validation score has not improved for a number of epochs."""

from typing import Annotated, Any, Literal

import lightning as L
from annotated_types import Ge

from epochwise.input_error import InputError


class Early(L.Callback):
    """Early stopping whose patience counts epochs.

    Every validation may set a new best; whether to stop is decided at the end of an epoch that was validated. With
    patience 3 and the best score at epoch 5, the run ends after epoch 8 (or the next validated one), however many
    validations an epoch has. Before ``trainer.min_epochs`` nothing is decided.

    Args:
        monitor: name of the score, such as ``val/loss``.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement, at least 1.
        min_delta: an improvement is larger than this, in the unit of the monitor.

    Raises:
        InputError: the monitor is not among what validation logs; before the first step where validation is checked
            first.

    Source:
        Prechelt 1998, Early Stopping - But When?, https://doi.org/10.1007/3-540-49430-8_3, criterion UP.
    """

    def __init__(
        self,
        monitor: str,
        mode: Literal["min", "max"],
        patience: Annotated[int, Ge(1)],
        min_delta: Annotated[float, Ge(0)] = 0.0,
    ) -> None:
        self.monitor, self.mode, self.patience, self.min_delta = monitor, mode, patience, min_delta
        self.best_score: float | None = None
        self.best_epoch = -1
        self.validated_epoch = -1
        self.reason: str | None = None

    def improves(self, score: float) -> bool:
        """Whether a score beats the best so far by more than ``min_delta``. NaN never does."""
        if self.best_score is None:
            return score == score
        gain = self.best_score - score if self.mode == "min" else score - self.best_score
        return gain > self.min_delta

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if self.reason:  # continued after it had decided
            trainer.should_stop = True

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not self.monitor.startswith("train/"):
            self._observe(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        epoch = trainer.current_epoch
        if self.monitor.startswith("train/"):
            self._observe(trainer)
        if self.validated_epoch != epoch or epoch + 1 < (trainer.min_epochs or 0):
            return
        out_of_patience = epoch - self.best_epoch >= self.patience
        if trainer.strategy.reduce_boolean_decision(out_of_patience, all=False):
            best = "no valid score" if self.best_score is None else f"{self.best_score:.4g} at epoch {self.best_epoch}"
            waited = epoch - self.best_epoch
            self.reason = f"{self.monitor} has not improved for {waited} epoch{'s' * (waited != 1)} (best: {best})"
            trainer.should_stop = True

    def _observe(self, trainer: L.Trainer) -> None:
        metrics = trainer.callback_metrics
        if self.monitor not in metrics:
            hint = InputError.closest(self.monitor, list(metrics))
            raise InputError(f"monitor: {self.monitor!r} is never logged; allowed: {', '.join(sorted(metrics))}{hint}")
        if trainer.sanity_checking:
            return
        self.validated_epoch = trainer.current_epoch
        score = float(metrics[self.monitor])
        if self.improves(score):
            self.best_score, self.best_epoch = score, trainer.current_epoch

    def state_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("best_score", "best_epoch", "validated_epoch", "reason")}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        vars(self).update(state_dict)
