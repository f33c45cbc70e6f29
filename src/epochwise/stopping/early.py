"""Stop where the monitor has not improved for a while."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import lightning as L
from annotated_types import Ge
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.input_error import InputError
from epochwise.run.epochs_csv import is_of_training
from epochwise.source.fit import checked_arguments
from epochwise.stopping.patience import Waited
from epochwise.stopping.target_score import TargetScore


def monitored_score(trainer: L.Trainer, monitor: str, key: str = "monitor") -> float | None:
    """Read a score from what was logged.

    Args:
        trainer: after a validation, or at the end of an epoch for a score of ``train``.
        monitor: its name, such as ``val/loss``, or as a module of one's own logs it.
        key: what an error calls it.

    Returns:
        The score; None where it is no score of a training: in Lightning's check before the first step, which may log
        nothing or be passed over, and in ``trainer.validate``.

    Raises:
        InputError: it is not among what was logged; before the first step where validation is checked first.
    """
    metrics = trainer.callback_metrics
    if trainer.state.fn != TrainerFn.FITTING:
        return None
    # Of several loaders Lightning keeps nothing of its check.
    is_silent = trainer.sanity_checking and (not metrics or len(trainer.num_sanity_val_batches) > 1)
    if monitor not in metrics and not is_silent:
        hint = InputError.closest(monitor, list(metrics))
        raise InputError(f"{key}: {monitor!r} is never logged; allowed: {', '.join(sorted(metrics))}{hint}")
    return None if trainer.sanity_checking else float(metrics[monitor])


def decided_by_training(trainer: L.Trainer, monitor: str) -> bool:
    """Whether a score is known at the end of an epoch, and not at that of a validation."""
    return is_of_training(monitor) or not trainer.enable_validation


class Early(L.Callback):
    """Early stopping whose patience counts epochs, or validations where it is told to.

    Every validation may set a new best; whether to stop is decided at the end of an epoch that was validated. With
    patience 3 and the best score at epoch 5, the run ends after epoch 8 (or the next validated one), however many
    validations an epoch has. Counted in validations, it ends with the third one behind the best, also within an epoch.
    Patience counts from the last of these: the best epoch, ``start_epoch``, the end of ``trainer.min_epochs``, and
    whatever began anew (``begin_anew``: layers that were unfrozen).

    Args:
        monitor: name of the score, such as ``val/loss``.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        patience: epochs without improvement, at least 1; or validations, see ``patience_unit``. Of epochs those count
            that lie between the best and the last validated one, validated or not.
        min_delta: an improvement is larger than this.
        start_epoch: from which, from 0, scores are compared; those before are not looked at.
        target_score: the run also ends after the epoch in which the monitor is as good (``target_score.TargetScore``).
        min_delta_mode: ``"abs"``: ``min_delta`` is in the unit of the monitor; ``"rel"``: it is a fraction of the best
            score so far without its sign, so that 0.01 asks for a hundredth, also of a score below 0.
        patience_unit: what ``patience`` counts, ``"epochs"`` or ``"validations"``, of which each is one, wherever in an
            epoch it comes: every 50 optimizer steps, a patience of 10 is 500 steps.
        monitors: names of scores that decide in place of ``monitor``, each with a best and a patience of its own; with
            their better directions, ``{"val/own": "max"}``, where the task's ``metrics`` do not say them. None:
            ``monitor`` decides. The target is of ``monitor`` in any case.
        stop_when: ``"all"`` of them have not improved for that long, or ``"any"`` one.

    Raises:
        InputError: validations are counted of a score that is known with the end of an epoch; the monitor is not among
            what validation logs (``monitored_score``), or the target is better than the best there is.

    Source:
        Prechelt 1998, Early Stopping - But When?, https://doi.org/10.1007/3-540-49430-8_3, criterion UP;
        ``start_epoch``: Keras's EarlyStopping, ``start_from_epoch``; ``min_delta_mode``: torch's ReduceLROnPlateau,
        ``threshold_mode``.
    """

    @checked_arguments
    def __init__(
        self,
        monitor: str,
        mode: Literal["min", "max"],
        patience: Annotated[int, Ge(1)],
        min_delta: Annotated[float, Ge(0)] = 0.0,
        start_epoch: Annotated[int, Ge(0)] = 0,
        target_score: float | None = None,
        min_delta_mode: Literal["abs", "rel"] = "abs",
        patience_unit: Literal["epochs", "validations"] = "epochs",
        monitors: Sequence[str] | Mapping[str, Literal["min", "max"]] | None = None,
        stop_when: Literal["all", "any"] = "all",
    ) -> None:
        self.monitor, self.mode, self.patience, self.start_epoch = monitor, mode, patience, start_epoch
        self.patience_unit, self.stop_when = patience_unit, stop_when
        self.target = TargetScore(monitor, mode, target_score)
        modes = dict(monitors) if isinstance(monitors, Mapping) else dict.fromkeys(monitors or ())
        if stop_when == "any" and len(modes) < 2:
            raise InputError("stopping.stop_when: got 'any', allowed where stopping.monitors names several scores")
        relative = min_delta_mode == "rel"
        self.waited = [
            Waited(name, better or (mode if name == monitor else None), min_delta, relative)
            for name, better in (modes or {monitor: mode}).items()
        ]
        of_training = [one.monitor for one in self.waited if is_of_training(one.monitor)]
        if patience_unit == "validations" and of_training:
            said = f"got 'validations', but {of_training[0]} is known with the end of an epoch; allowed: epochs"
            raise InputError(f"stopping.patience_unit: {said}")
        self.anew_epoch = 0
        self.max_epochs: int | None = None  # of the run when it decided
        self.reason: str | None = None

    def begin_anew(self, epoch: int) -> None:
        """Count patience from an epoch on, since another training begins with it; the best score stays."""
        self.anew_epoch = epoch
        for one in self.waited:
            one.validations_before = one.validations

    def why_ended(self, max_epochs: int | None, min_epochs: int) -> str | None:
        """Why a run that had stopped ends by the settings it has now; ``None`` where it goes on.

        Args:
            max_epochs: ``trainer.max_epochs``; other than when it stopped, more were asked for.
            min_epochs: ``trainer.min_epochs``.
        """
        if reached := self.target.reached(min_epochs):
            return reached
        if self.reason is None or max_epochs != self.max_epochs:
            return None
        return self._decide(min_epochs)

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        known: Mapping[str, Any] = getattr(pl_module, "metrics", {})
        for one in self.waited:
            found = known.get(one.monitor.partition("/")[2]) if isinstance(known, Mapping) else None
            one.mode = one.mode or (found if found in ("min", "max") else None)
            if one.mode is None:
                raise InputError(
                    f"stopping.monitors: the task does not say which direction of {one.monitor!r} is better; allowed: "
                    f"{{{one.monitor}: min}} or {{{one.monitor}: max}}"
                )

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.target.check(pl_module)
        if self.reason and trainer.max_epochs != self.max_epochs:
            self.begin_anew(trainer.current_epoch)
        self.reason = self.why_ended(trainer.max_epochs, trainer.min_epochs or 0)
        if self.reason:
            trainer.should_stop = True
        self.max_epochs = trainer.max_epochs

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        validated = self._observe(trainer, of_training=False)
        if validated and self.patience_unit == "validations" and trainer.current_epoch >= (trainer.min_epochs or 0):
            self._stop(trainer, self._decide(trainer.min_epochs or 0))

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._observe(trainer, of_training=True)
        self.target.end_epoch(trainer.current_epoch)
        if all(one.validated_epoch != trainer.current_epoch for one in self.waited):
            return
        self._stop(trainer, self.target.reached(trainer.min_epochs or 0) or self._decide(trainer.min_epochs or 0))

    def _stop(self, trainer: L.Trainer, reason: str | None) -> None:
        if trainer.strategy.reduce_boolean_decision(reason is not None, all=False):
            self.reason = reason
            trainer.should_stop = True

    def _decide(self, min_epochs: int) -> str | None:
        """Why the run ends, where patience is over."""
        unit, first = self.patience_unit, self._first_epoch(min_epochs)
        lengths = {one: one.length(unit, first) for one in self.waited}
        over = [one.words(length, unit) for one, length in lengths.items() if length >= self.patience]
        return " and ".join(over) if over and (self.stop_when == "any" or len(over) == len(lengths)) else None

    def _first_epoch(self, min_epochs: int) -> int:
        """From which patience counts."""
        return max(self.start_epoch, min_epochs, self.anew_epoch)

    def _observe(self, trainer: L.Trainer, of_training: bool) -> bool:
        """Take in the scores of a validation, or those that are known with the end of an epoch. Returns whether any."""
        epoch, found = trainer.current_epoch, False
        if decided_by_training(trainer, self.monitor) == of_training:
            score = monitored_score(trainer, self.monitor)
            if score is not None and epoch >= self.start_epoch:
                self.target.observe(score, epoch)
        key = "monitor" if self.waited[0].monitor == self.monitor else "stopping.monitors"
        for one in self.waited:
            if decided_by_training(trainer, one.monitor) == of_training:
                score = monitored_score(trainer, one.monitor, key)
                if score is not None:
                    one.observe(score, epoch, self.start_epoch, self._first_epoch(trainer.min_epochs or 0))
                    found = True
        return found

    def state_dict(self) -> dict[str, Any]:
        kept = {name: getattr(self, name) for name in ("anew_epoch", "max_epochs", "reason")}
        scores = {one.monitor: one.state_dict() for one in self.waited}
        return kept | {"target": self.target.state_dict(), "scores": scores}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.target.load_state_dict(state_dict.get("target", {}))  # which runs of before lack
        scores = state_dict.get("scores", {self.monitor: state_dict})  # whose one score stands beside the rest
        for one in self.waited:
            one.load_state_dict(scores.get(one.monitor, {}))
        for name in ("anew_epoch", "max_epochs", "reason"):
            setattr(self, name, state_dict[name])
