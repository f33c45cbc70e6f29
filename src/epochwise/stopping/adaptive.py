"""Cool down and stop when the validation score has levelled off."""

from math import ceil, inf
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, Literal

import lightning as L
import torch
from lightning.pytorch.utilities.rank_zero import rank_zero_warn

from epochwise.epochs.curve import Curve
from epochwise.epochs.schedule_end import levelling
from epochwise.input_error import InputError
from epochwise.run.checkpoints import BeforeCooldown, best_checkpoint, load_earlier_weights
from epochwise.run.stopper import Pace
from epochwise.run.write_checkpoint import wait_for_checkpoints
from epochwise.source.fit import checked_arguments
from epochwise.stopping.early import decided_by_training, monitored_score
from epochwise.stopping.target_score import TargetScore

#: A cool-down whose scores are so far from the best is to no purpose; the luckiest of many scores is itself two away.
WORSE_NOISE_WIDTHS = 4.0


class Adaptive(L.Callback):
    """Find the number of epochs while training, with a schedule that can cool down at any time (``scheduler=wsd``).

    The rate stays until the score has levelled off (``epochs.levelling``); then the schedule cools down over a fraction
    of the epochs so far, and the run ends. Where that has not happened in time, the schedule cools down by itself, to
    end with ``trainer.max_epochs``, or here, to end with ``trainer.max_time`` at the pace so far. Scores count from the
    last of these: epoch 0 and whatever began anew (``begin_anew``: layers that were unfrozen, more epochs that were
    asked for). It does not cool down before ``trainer.min_epochs``, unless the time is nearly over.

    Where the score has turned, the weights are worse by then than they were: with the first step of the cool-down those
    of the best epoch come back, with the optimizer's moments, and the cool-down is a fraction of the epochs that made
    them. The epochs between count as any others, and stay in ``epochs.csv``; the event ``back_to_<epoch>`` says where
    from. That takes a checkpoint of the best epoch by the same monitor (``callbacks/best_checkpoint``); without one the
    weights stay. A cool-down in which the score only becomes worse is cut short: what is tested is the best epoch.

    The checkpoints of before the cool-down stay, in ``before_cooldown`` beside the others: from there the run can be
    extended.

    Args:
        monitor: name of the score, such as ``val/loss``.
        mode: ``"min"`` where smaller is better, else ``"max"``.
        target_score: the run also ends after the epoch in which the monitor is as good, cooled down or not
            (``target_score.TargetScore``).

    Raises:
        InputError: the schedule cannot cool down, before the first step; or the monitor is not among what validation
            logs (``monitored_score``).

    Source:
        Hägele et al. 2024, https://arxiv.org/abs/2405.18392: one run at a constant rate with a cool-down at its end
        does what a cosine drawn over the right number of epochs would.
    """

    @checked_arguments
    def __init__(self, monitor: str, mode: Literal["min", "max"], target_score: float | None = None) -> None:
        self.monitor, self.mode = monitor, mode
        self.target = TargetScore(monitor, mode, target_score)
        self.scores: dict[int, float] = {}  # epoch -> its last score
        self.anew_epoch = 0
        self.cooldown_epoch: int | None = None  # decided here, not by the schedule
        self.turned = False  # the score, when that was decided
        self.noise = inf  # one noise width of it then
        self.back_to_epoch: int | None = None  # whose weights were cooled down
        self.max_epochs: int | None = None  # of the run when it decided
        self.found: str | None = None
        self.reason: str | None = None
        self.pace = Pace()

    def begin_anew(self, epoch: int) -> None:
        """Judge only scores from an epoch on, since another training begins with it; a cool-down is called off."""
        self.anew_epoch = epoch
        self._call_off()

    def _call_off(self) -> None:
        self.cooldown_epoch = self.back_to_epoch = self.found = self.reason = None
        self.turned, self.noise = False, inf

    def events(self, epoch: int) -> list[str]:
        """For ``epochs.csv``: that the run went back, in the epoch that begins with it."""
        went_back = self.back_to_epoch is not None and epoch == self.cooldown_epoch
        return [f"back_to_{self.back_to_epoch}"] if went_back else []

    def why_ended(self, max_epochs: int | None, min_epochs: int) -> str | None:
        """Why a run that had cooled down ends by the settings it has now; see ``Early.why_ended``."""
        return self.target.reached(min_epochs) or (self.reason if max_epochs == self.max_epochs else None)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        schedule = _schedule(pl_module)
        self.target.check(pl_module)
        self.pace.begin(trainer)
        if self.max_epochs not in (None, trainer.max_epochs):  # more epochs were asked for since
            self.reason = None
            if schedule.cooldown_begins:  # and it goes on from before the cool-down
                # A score that has turned is the same score: what follows is held against its best.
                self._call_off() if self.turned else self.begin_anew(trainer.current_epoch)
        self.reason = self.target.reached(trainer.min_epochs or 0) or self.reason
        if self.reason:  # continued after it had ended
            trainer.should_stop = True
        self.max_epochs = trainer.max_epochs
        self._tell(schedule)

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if batch_idx > 0:
            return
        schedule = _schedule(pl_module)
        self._tell(schedule)  # it may have been called off
        if schedule.cooldown_begins:
            best = best_checkpoint(trainer, self.monitor, self.mode)
            kept = BeforeCooldown(Path(trainer.default_root_dir), best)
            wait_for_checkpoints(trainer)
            if trainer.is_global_zero:
                kept.keep(trainer.global_step)
            if self.turned:
                trainer.strategy.barrier("checkpoints of before the cool-down kept")
                self._go_back(trainer, pl_module, kept)
                self._tell(schedule)

    def _tell(self, schedule: Any) -> None:
        if self.back_to_epoch is None:
            schedule.cool_down(self.cooldown_epoch)
        else:
            schedule.cool_down(self.cooldown_epoch, self.back_to_epoch + 1)

    def _go_back(self, trainer: L.Trainer, pl_module: L.LightningModule, kept: BeforeCooldown) -> None:
        """To the best epoch of those that were judged, where it was kept."""
        if best_checkpoint(trainer, self.monitor, self.mode) is None or not kept.best.is_file():
            return
        try:
            checkpoint: dict[str, Any] = torch.load(kept.best, map_location="cpu", weights_only=True)
        except UnpicklingError:
            rank_zero_warn(
                f"Adaptive: the weights stay those of the last epoch: {kept.best} holds more than plain values, "
                "such as a hyper-parameter that is an object; allowed: self.save_hyperparameters(ignore=[...])"
            )
            return
        epoch = int(checkpoint["epoch"])
        if self.cooldown_epoch is not None and self.anew_epoch <= epoch < self.cooldown_epoch - 1:
            load_earlier_weights(trainer, pl_module, checkpoint)
            self.back_to_epoch = epoch
            self.found = f"{self.found}, and the run went back to epoch {epoch}"

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not decided_by_training(trainer, self.monitor):
            self._observe(trainer)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if decided_by_training(trainer, self.monitor):
            self._observe(trainer)
        ends, reached = self.target.stops(trainer)
        if ends:
            self.reason = reached
            trainer.should_stop = True
            return
        schedule, count = _schedule(pl_module), trainer.current_epoch + 1
        begins, ends = schedule.cooldown_epochs
        if self.cooldown_epoch is None and count < begins:
            if max(trainer.min_epochs or 0, 1) <= count:
                self._judge(trainer, count)
            if self.cooldown_epoch is None:
                self._keep_time(trainer, count, schedule.cooldown_fraction)
            self._tell(schedule)
        elif self.cooldown_epoch is not None:
            worse = trainer.strategy.reduce_boolean_decision(self._is_worse(), all=False)
            if worse or count >= ends:  # beyond, where the fraction was made smaller
                self.reason = f"{self.found}; cooled down from epoch {begins} to {count - 1}"
                self.reason += ", where it had only become worse" if worse and count < ends else ""
                trainer.should_stop = True

    def _observe(self, trainer: L.Trainer) -> None:
        score = monitored_score(trainer, self.monitor)
        if score is not None:
            self.scores[trainer.current_epoch] = score
            self.target.observe(score, trainer.current_epoch)

    def _judge(self, trainer: L.Trainer, count: int) -> None:
        scores = [self.scores.get(epoch, float("nan")) for epoch in range(self.anew_epoch, count)]
        found = levelling(Curve.of(scores, mode=self.mode))
        if trainer.strategy.reduce_boolean_decision(found.levelled_off, all=False):
            self.cooldown_epoch, self.turned = count, found.turned
            self.noise = found.noise
            what = "turned" if found.turned else "levelled off"
            self.found = f"{self.monitor} had {what} by epoch {count - 1} ({found})"

    def _is_worse(self) -> bool:
        """Whether the last three scores of the cool-down are all far worse than the best: what is left adds to that."""
        sign = 1 if self.mode == "min" else -1
        known = {epoch: sign * score for epoch, score in self.scores.items() if epoch >= self.anew_epoch}
        cooled = [score for epoch, score in known.items() if epoch >= (self.cooldown_epoch or 0)]
        return len(cooled) >= 3 and min(cooled[-3:]) - min(known.values()) > WORSE_NOISE_WIDTHS * self.noise

    def _keep_time(self, trainer: L.Trainer, count: int, cooldown_fraction: float) -> None:
        later = ceil((count + 1) * (1 + cooldown_fraction)) + 1  # an epoch to spare: none takes as long as the other
        if trainer.strategy.reduce_boolean_decision(later > self.pace.epochs_in_time(trainer), all=False):
            self.cooldown_epoch = count
            self.found = f"trainer.max_time was near by epoch {count - 1}, and {self.monitor} had not levelled off"

    def state_dict(self) -> dict[str, Any]:
        names = (
            "scores",
            "anew_epoch",
            "cooldown_epoch",
            "turned",
            "noise",
            "back_to_epoch",
            "max_epochs",
            "found",
            "reason",
        )
        kept = {name: getattr(self, name) for name in names} | {"target": self.target.state_dict()}
        if self.reason == self.target.reached(0):  # which follows from the target, that may be another by then
            kept["reason"] = None
        return kept

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        kept = dict(state_dict)
        self.target.load_state_dict(kept.pop("target", {}))  # which runs of before lack
        vars(self).update(kept)


def _schedule(pl_module: L.LightningModule) -> Any:
    schedules: Any = pl_module.lr_schedulers()
    several = schedules if isinstance(schedules, list) else [schedules]
    able = [one for one in several if hasattr(one, "cool_down")]
    if len(several) != 1 or not able:
        names = ", ".join("none" if one is None else type(one).__name__ for one in several)
        raise InputError(
            f"scheduler: {names} cannot cool down when stopping=adaptive asks for it, allowed: scheduler=wsd, or one "
            "epochwise.scheduler.wsd.WSD in configure_optimizers"
        )
    if all(config.interval != "step" for config in pl_module.trainer.lr_scheduler_configs):
        raise InputError(
            "scheduler: WSD is stepped every epoch; it goes by optimizer steps: allowed: "
            '{"scheduler": WSD(...), "interval": "step"}, as lightning_schedule makes it'
        )
    return able[0]
