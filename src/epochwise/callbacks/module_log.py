"""The curves of any LightningModule, whatever its scores are called."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightning as L
from lightning.pytorch.trainer.states import TrainerFn
from torch.optim import Optimizer

from epochwise.callbacks.learning_rate_monitor import learning_rates
from epochwise.input_error import InputError
from epochwise.run.epoch_log import EpochLog, Scores
from epochwise.run.epoch_place import Phases
from epochwise.run.epochs_csv import RATE, Row, is_of_training, newer, scalars, score_names, staged


class ModuleLog(EpochLog):
    """``EpochLog`` for a module and a data loader that know nothing of it.

    Scores get the names of ``score_names``. The rates are those that each optimizer took its latest step with: ``lr``,
    and ``lr/Adam``, ``lr/Adam-1`` where there are several optimizers. The wait for data is what lies between the end of
    one batch and the start of the next; a training step counts as ``forward`` up to the end of ``forward``, or up to
    ``backward`` where the module calls its layers itself.

    Args:
        run_folder: where ``epochs.csv`` is written, by rank 0.
        monitor: the score that decides, as the module logs it; None: ``val/loss``, else ``train/loss``.

    Raises:
        InputError: when the first row is whole: it lacks the monitor.
    """

    def __init__(self, run_folder: Path, monitor: str | None = None) -> None:
        super().__init__(run_folder, Phases())
        self.monitor = monitor
        self.begun: Scores | None = None  # what the checkpoint has of the epoch that was under way
        self.step_rates: Scores = {}

    def named(self, scores: Scores, stage: str) -> Scores:
        names = score_names(scores, stage, self.validated)
        own = bool(self.step_rates)
        return {names[name]: value for name, value in scores.items() if not (own and RATE.fullmatch(name))}

    def rates(self) -> Scores:
        return self.step_rates

    def on_before_optimizer_step(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        rates = learning_rates(optimizer.param_groups)
        if len(trainer.optimizers) > 1:
            called = f"lr/{_name_of(optimizer, trainer.optimizers)}"
            rates = {f"{called}{name.removeprefix('lr')}": rate for name, rate in rates.items()}
        self.step_rates = self.step_rates | rates

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(trainer, pl_module, checkpoint)
        kept = checkpoint["epoch_log"].get("begun")
        plain = isinstance(kept, dict) and all(isinstance(value, (int, float)) for value in kept.values())
        self.begun = kept if plain else {}

    def _close_passed_epoch(self, trainer: L.Trainer) -> None:
        """Lightning goes on behind an epoch whose last batch made the checkpoint, without ending or validating it."""
        begun, self.begun = self.begun, None
        epoch = len(self.rows)
        if begun is None or trainer.current_epoch != epoch + 1 or not self.epoch_samples:
            return
        self.samples += self._over_ranks(trainer)
        row: Row = {"epoch": epoch, "step": self.continued_step, "samples": self.samples or None}
        seconds = {f"seconds/{name}": round(value, 4) for name, value in self.phases.take().items()}
        self.rows.append({**row, "seconds": round(sum(seconds.values()), 4), **seconds, **begun, **self.val_scores})
        self._draw(trainer, "epoch", begun | self.val_scores, epoch)
        self._begin_epoch(self.continued_step)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._close_passed_epoch(trainer)
        super().on_train_epoch_start(trainer, pl_module)
        self._wait_for_data(trainer)

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self._close_passed_epoch(trainer)
        self.phases.enter("forward")  # a module that calls its layers itself is not seen to begin

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *args: Any) -> None:
        super().on_train_batch_end(trainer, pl_module, *args)
        self._wait_for_data(trainer)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        super().on_validation_end(trainer, pl_module)
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            self._wait_for_data(trainer)

    def _wait_for_data(self, trainer: L.Trainer) -> None:
        if not hasattr(trainer.train_dataloader, "on_next"):  # which would say it itself
            self.phases.enter("data")

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        super().on_train_epoch_end(trainer, pl_module)
        self.phases.enter("logging")

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(trainer, pl_module, checkpoint)
        if self.epoch_samples:
            begun = self.named(scalars(self._logged_so_far(trainer)), "train") | self.rates()
            checkpoint["epoch_log"]["begun"] = begun
        self._check_monitor(trainer)

    def _logged_so_far(self, trainer: L.Trainer) -> dict[str, Any]:
        fresh = newer(trainer.callback_metrics, self.before)
        return {name: value for name, value in fresh.items() if name not in self.validated_now}

    def _take_late(self, trainer: L.Trainer) -> None:
        super()._take_late(trainer)
        self._check_monitor(trainer)

    def _check_monitor(self, trainer: L.Trainer) -> None:
        """When the first row is whole: a monitor that is logged by then, or never."""
        if self.monitor is None or len(self.rows) != 1 or self.monitor_of(self.rows) in self.rows[0]:
            return
        if trainer.enable_validation and not self.validated and not is_of_training(self.monitor):
            return  # not validated yet
        known = [name for name in self.rows[0] if "/" in name and not name.startswith(("seconds/", "lr/"))]
        near = InputError.closest(staged(self.monitor) or self.monitor, known)
        raise InputError(f"RunFolder: monitor: {self.monitor!r} is never logged; allowed: {', '.join(known)}{near}")

    def monitor_of(self, rows: Sequence[Row]) -> str:
        """The monitor by the name it has in the table."""
        columns = {name for row in rows for name in row}
        if self.monitor is None:
            return "train/loss" if "val/loss" not in columns and "train/loss" in columns else "val/loss"
        names = [staged(self.monitor) or f"val/{self.monitor}", f"train/{self.monitor}", self.monitor]
        return next((name for name in names if name in columns), names[0])


def _name_of(optimizer: Optimizer, optimizers: Sequence[Optimizer]) -> str:
    """``Adam``, and ``Adam-1`` for the second of the kind, as Lightning's own monitor calls them."""
    alike = [one for one in optimizers if type(one) is type(optimizer)]
    place = next((index for index, one in enumerate(alike) if one is optimizer), 0)
    return f"{type(optimizer).__name__}{f'-{place}' if place else ''}"
