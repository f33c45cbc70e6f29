"""How long a score has not improved."""

from typing import Any


class Waited:
    """The best of one score so far, and how long it is behind.

    Args:
        monitor: name of the score.
        mode: ``"min"`` where smaller is better, else ``"max"``; None: not known yet.
        min_delta: an improvement is larger than this.
        relative: whether that is a fraction of the best so far, without its sign.
    """

    def __init__(self, monitor: str, mode: str | None, min_delta: float = 0.0, relative: bool = False) -> None:
        self.monitor, self.mode, self.min_delta, self.relative = monitor, mode, min_delta, relative
        self.best_score: float | None = None
        self.best_epoch = -1
        self.validated_epoch = -1
        self.validations = 0  # so far
        self.best_validation = 0  # of them, from 1
        self.validations_before = 0  # those behind which patience counts

    def improves(self, score: float) -> bool:
        """Whether a score beats the best so far by more than ``min_delta``. NaN never does."""
        if self.best_score is None:
            return score == score
        gain = self.best_score - score if self.mode == "min" else score - self.best_score
        return gain > self.min_delta * (abs(self.best_score) if self.relative else 1.0)

    def observe(self, score: float, epoch: int, start_epoch: int, first_epoch: int) -> None:
        """Take a score in; it is compared from one epoch on, and patience counts from another."""
        self.validated_epoch = epoch
        self.validations += 1
        if epoch < first_epoch:
            self.validations_before = self.validations
        if epoch >= start_epoch and self.improves(score):
            self.best_score, self.best_epoch, self.best_validation = score, epoch, self.validations

    def length(self, unit: str, first_epoch: int) -> int:
        """How many epochs, or validations, it is behind its best."""
        if unit == "epochs":
            return self.validated_epoch - max(self.best_epoch, first_epoch - 1)
        return self.validations - max(self.best_validation, self.validations_before)

    def words(self, waited: int, unit: str) -> str:
        """The same for people."""
        best = "no valid score" if self.best_score is None else f"{self.best_score:.4g} at epoch {self.best_epoch}"
        unit = unit if waited != 1 else unit.removesuffix("s")
        return f"{self.monitor} has not improved for {waited} {unit} (best: {best})"

    def state_dict(self) -> dict[str, Any]:
        names = ("best_score", "best_epoch", "validated_epoch", "validations", "best_validation", "validations_before")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        vars(self).update({name: state_dict[name] for name in self.state_dict() if name in state_dict})
