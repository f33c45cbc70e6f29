"""Stop where the monitor is as good as was asked for."""

from typing import Any, Literal

import lightning as L

from epochwise.source.fit import checked_arguments
from epochwise.stopping.early import decided_by_training, monitored_score
from epochwise.stopping.target_score import TargetScore


class Target(L.Callback):
    """End the run after the epoch in which the monitor is as good as a target, and for no other reason.

    Equal is as good, to six digits. A run that ended so stays ended with more epochs, and goes on with another target.

    Args:
        monitor: name of the score, such as ``val/accuracy``.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        target_score: in the unit of the monitor.

    Raises:
        InputError: the monitor is not among what validation logs (``early.monitored_score``), or the target is better
            than the best there is.
    """

    @checked_arguments
    def __init__(self, monitor: str, mode: Literal["min", "max"], target_score: float) -> None:
        self.monitor, self.mode = monitor, mode
        self.target = TargetScore(monitor, mode, target_score)
        self.reason: str | None = None

    def why_ended(self, max_epochs: int | None, min_epochs: int) -> str | None:
        """Why a run that had stopped ends by the settings it has now; see ``Early.why_ended``."""
        return self.target.reached(min_epochs)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.target.check(pl_module)
        self.reason = self.why_ended(trainer.max_epochs, trainer.min_epochs or 0)
        if self.reason:
            trainer.should_stop = True

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not decided_by_training(trainer, self.monitor):
            self._observe(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if decided_by_training(trainer, self.monitor):
            self._observe(trainer)
        ends, reason = self.target.stops(trainer)
        if ends:
            self.reason = reason
            trainer.should_stop = True

    def _observe(self, trainer: L.Trainer) -> None:
        score = monitored_score(trainer, self.monitor)
        if score is not None:
            self.target.observe(score, trainer.current_epoch)

    def state_dict(self) -> dict[str, Any]:
        return {"target": self.target.state_dict(), "reason": self.reason}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.target.load_state_dict(state_dict["target"])
        self.reason = state_dict["reason"]
