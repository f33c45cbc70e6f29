"""The best score so far beside the one that is asked for."""

from math import isclose, isfinite
from typing import Any

import lightning as L

from epochwise.input_error import InputError

#: Of a score: single precision has seven digits, and 9 of 10 right are 0.9 for people and 0.89999998 for a computer.
ROUNDING = 1e-6


class TargetScore:
    """The best score of the epochs that are over, and whether it is as good as a target.

    Equal is as good. The score of an epoch counts once that is over, so that a run which goes on within it ends where
    it would have ended.

    Args:
        monitor: name of the score, such as ``val/accuracy``.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        target: in the unit of the monitor; None: none is good enough.

    Raises:
        ValueError: the target is no finite number.
    """

    def __init__(self, monitor: str, mode: str, target: float | None) -> None:
        if target is not None and not isfinite(target):
            raise ValueError(f"target_score: got {target}, allowed: a finite number, or null")
        self.monitor, self.mode, self.target = monitor, mode, target
        self.best: tuple[float, int] | None = None  # score and epoch
        self.of_epoch: tuple[float, int] | None = None  # the best of the epoch under way
        self.epochs = 0  # that are over

    def check(self, pl_module: L.LightningModule) -> None:
        """Refuse a target that is better than the best there is, where the task knows that.

        Raises:
            InputError: it is, as 97 is for an accuracy.
        """
        references: Any = getattr(pl_module, "reference_scores", dict)
        known = references()
        _, ideal = known.get(self.monitor.partition("/")[2], (None, None))
        if self.target is None or ideal is None or self._is_as_good(ideal, self.target):
            return
        bound = f"at {'most' if self.mode == 'max' else 'least'} {ideal:.4g}"
        raise InputError(
            f"stopping.target_score: got {self.target}, allowed: {bound}, the best that {self.monitor} can be"
        )

    def observe(self, score: float, epoch: int) -> None:
        """Take a score into the epoch under way."""
        if self._is_better(score, self.of_epoch):
            self.of_epoch = (score, epoch)

    def end_epoch(self, epoch: int) -> None:
        """Let the scores of an epoch count, since it is over."""
        if self.of_epoch and self._is_better(self.of_epoch[0], self.best):
            self.best = self.of_epoch
        self.of_epoch, self.epochs = None, epoch + 1

    def stops(self, trainer: L.Trainer) -> tuple[bool, str | None]:
        """Let the epoch count; whether any rank is to end the run, and why this one is."""
        self.end_epoch(trainer.current_epoch)
        reason = self.reached(trainer.min_epochs or 0)
        return trainer.strategy.reduce_boolean_decision(reason is not None, all=False), reason

    def reached(self, min_epochs: int) -> str | None:
        """Why the run ends, where the target is reached and so many epochs are over."""
        if self.target is None or self.best is None or self.epochs < min_epochs:
            return None
        score, epoch = self.best
        if not self._is_as_good(score, self.target):
            return None
        return f"{self.monitor} has reached its target of {self.target:g} ({score:.6g} at epoch {epoch})"

    def _is_better(self, score: float, than: tuple[float, int] | None) -> bool:
        if than is None or score != score:
            return score == score
        return score < than[0] if self.mode == "min" else score > than[0]

    def _is_as_good(self, score: float, as_this: float) -> bool:
        better = score < as_this if self.mode == "min" else score > as_this
        return better or isclose(score, as_this, rel_tol=ROUNDING)

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "of_epoch": self.of_epoch, "epochs": self.epochs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        vars(self).update(state_dict)
