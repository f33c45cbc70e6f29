"""The one writer of curves."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.run.epoch_place import PHASES, Phases
from epochwise.run.epochs_csv import GrowingCsv, Row, epoch_events, newer, scalars
from epochwise.run.kept_rows import KeptRows, rows_kept
from epochwise.run.points import Points, Scores
from epochwise.task.meters import count_samples

Tensors = dict[str, Any]


class EpochLog(L.Callback):
    """Write one row an epoch to ``epochs.csv``, and every scalar on both axes to loggers that have a ``log_axis``.

    A row holds what was logged in its epoch (the last value where there are several), so scores that belong to an
    earlier epoch are left out where an epoch was not validated. Lightning keeps all that was ever logged: what is new
    is told by the tensor, which is another one wherever a score was logged again. Epochs count from 0. A step is an
    optimizer step: x on the step axis is the number of steps taken, so the first epoch of 18 steps stands at 18. Where
    the last validation of an epoch stands before its last step, ``scored_step`` says at which one its scores were
    measured. On the epoch axis an event is a point of height 1, ``epoch/events/unfreeze``. It comes after all that log.
    Its rows and the epoch begun are kept in the checkpoint: what followed is written anew where a run goes on.

    Args:
        run_folder: where ``epochs.csv`` is written, by rank 0.
        phases: the clock; an epoch's seconds go from the row before to its own.
        continued: whether a run was in this folder before.
    """

    def __init__(self, run_folder: Path, phases: Phases, continued: bool = False) -> None:
        self.table = GrowingCsv(run_folder / "epochs.csv")
        self.phases = phases
        self.rate_monitor: Any = None  # the callback that has them, of the latest step
        self.rows: list[Row] = []
        self.samples = 0  # of the rows
        self.continued, self.continued_step = continued, 0
        self.resumed = False  # in the epoch that is under way
        self.branched = False  # the checkpoint to go on from is of another folder: no break in this run
        # Names of what is logged once a step, and once an epoch.
        self.step_scores: set[str] = set()
        self.epoch_scores: set[str] = set()
        self.kept_rows, self.points = KeptRows(), Points()
        self.of_epochs: set[str] = set()  # what Lightning keeps and is no step's
        # Name as logged -> tensor: of all before the epoch, before its last validation, of when its row was made.
        self.before: Tensors = {}
        self.before_validation: Tensors = {}
        self.in_row: Tensors | None = None
        # Names that validations have logged; those of this epoch.
        self.validated, self.validated_now = set[str](), set[str]()
        self.last_validation: tuple[Scores, int | None] = ({}, None)  # that of the newest row: scores and step
        self.early: Tensors = {}  # what training had logged before the first validation of this epoch
        self._begin_epoch(0)

    def _begin_epoch(self, step: int) -> None:
        self.epoch_samples = 0
        self.val_scores: Scores = {}
        self.val_step: int | None = None  # at which they were measured
        self.logged_step = step

    def named(self, scores: Scores, stage: str) -> Scores:
        """Scores by the names they have in the table, of those that were logged in ``train`` or ``val``."""
        return scores

    def rates(self) -> Scores:
        """Learning rates of the latest step."""
        return self.rate_monitor.rates_of_step if self.rate_monitor is not None else {}

    def loggers(self, trainer: L.Trainer) -> list[Any]:
        """Those that are drawn into."""
        return list(trainer.loggers)

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
        self.rate_monitor = next((one for one in callbacks if hasattr(one, "rates_of_step")), None)
        if self.continued:
            self.take_back(trainer)

    def take_back(self, trainer: L.Trainer) -> None:
        """Leave in the table and on both axes what the rows say, and nothing behind it."""
        if trainer.is_global_zero:
            self.table.write(self.rows)
        for logger in self.loggers(trainer):
            if hasattr(logger, "rewind"):
                logger.rewind({"epoch": len(self.rows) - 1, "step": self.continued_step}, self.points.drawn)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.should_stop:  # a run that was ended stays so
            return
        if self.rows and self.rows[-1]["epoch"] == trainer.current_epoch:  # which the end of the run had cut short
            begun = self.rows.pop()
            taken = int(begun["samples"] or 0) - int((self.rows[-1]["samples"] if self.rows else 0) or 0)
            self.samples, self.epoch_samples = self.samples - taken, taken if trainer.is_global_zero else 0
            self.phases.begin({name: float(begun.get(f"seconds/{name}") or 0) for name in PHASES})
            self.val_scores, self.val_step = self.last_validation
            if self.continued:
                self.take_back(trainer)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._take_late(trainer)
        self.in_row, self.before = None, dict(trainer.callback_metrics)
        self.validated_now = set()
        self._begin_epoch(trainer.global_step)

    def on_train_batch_end(
        self, trainer: L.Trainer, pl_module: L.LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        self.epoch_samples += count_samples(batch)
        step, every = trainer.global_step, trainer.log_every_n_steps  # type: ignore[attr-defined]  # set on the instance
        if step == self.logged_step or step % max(every, 1):
            return
        self.logged_step = step
        if self.loggers(trainer):
            scores: dict[str, Any] = self._logged_in_step(trainer) | self.rates()
            if isinstance(outputs, Mapping) and "loss" in outputs:
                of_step = getattr(pl_module, "sample_mean", None)
                # Else that of its last batch on this rank, which Lightning has divided.
                by_itself = outputs["loss"], trainer.accumulate_grad_batches
                scores["train/loss_step"] = (of_step and of_step.loss(trainer)) or by_itself
            self.step_scores |= set(scores)
            self.points.add(self.loggers(trainer), scores, step)

    def _logged_in_step(self, trainer: L.Trainer) -> Scores:
        """What was logged for the step, by the module or a callback."""
        kept = getattr(trainer.fit_loop.epoch_loop, "logged_metrics", None) or trainer.logged_metrics
        logged = {name: value for name, value in kept.items() if name not in self.validated}
        if self.of_epochs.issuperset(logged):
            return {}
        # Lightning keeps the scores of the last epoch among those of the step.
        named = self.named(scalars(logged), "train")
        found = {name: value for name, value in named.items() if name not in self.epoch_scores}
        if not found:
            self.of_epochs |= set(logged)
        return found

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.before_validation = dict(trainer.callback_metrics)
        if not self.validated_now:
            self.early = newer(self.before_validation, self.before)

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.state.fn == TrainerFn.FITTING and not trainer.sanity_checking:
            logged = newer(trainer.callback_metrics, self.before_validation)
            self.validated_now = set(logged)
            self.validated |= self.validated_now
            self.val_scores = self.named(scalars(logged), "val")
            self.val_step = trainer.global_step
            self.epoch_scores |= set(self.val_scores)
            self._draw(trainer, "step", self.val_scores, trainer.global_step)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        trained = self.named(scalars(self._trained(trainer)), "train") | self.rates()  # on every rank: it may gather
        seconds = {f"seconds/{name}": round(value, 4) for name, value in self.phases.take().items()}
        trained |= seconds
        scores = trained | self.val_scores
        self.samples += self._over_ranks(trainer)
        epoch, step = trainer.current_epoch, trainer.global_step
        row: Row = {"epoch": epoch, "step": step, "samples": self.samples or None}
        if self.val_scores and self.val_step not in (None, step):
            row["scored_step"] = self.val_step
        row["seconds"] = round(sum(seconds.values()), 4)
        rates = {name: rate for name, rate in scores.items() if name == "lr" or name.startswith("lr/")}
        events = epoch_events(trainer, rates, self.rows[-1] if self.rows else {}, self.resumed)
        self.rows.append(row | scores | {"events": " ".join(events) or None})
        if trainer.is_global_zero:
            self.table.write(self.rows)
        self._draw(trainer, "epoch", scores | {f"events/{event}": 1.0 for event in events}, epoch)
        self.epoch_scores |= set(scores) - self.step_scores
        drawn = self.step_scores if self.logged_step == step else set()
        self._draw(trainer, "step", {name: value for name, value in trained.items() if name not in drawn}, step)
        self.resumed, self.last_validation = False, (self.val_scores, self.val_step)
        self._begin_epoch(step)

    def on_train_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._take_late(trainer)
        self.points.flush(self.loggers(trainer))

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        with suppress(OSError, RuntimeError):  # of a disk or a device that is what failed
            self.points.flush(self.loggers(trainer))

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        # A run that goes on from it takes back what was drawn behind it, and cannot draw again what came before.
        self._take_late(trainer)
        self.points.flush(self.loggers(trainer))
        for logger in self.loggers(trainer):
            logger.save()
        checkpoint["epoch_log"] = {
            "rows": self.kept_rows.of(self.rows),
            "samples": self.samples,
            "epoch_samples": self._over_ranks(trainer),
            "phases": self.phases.so_far(),
            "val_scores": self.val_scores,
            "val_step": self.val_step,
            "last_validation": self.last_validation,
            "logged_step": self.logged_step,
            "drawn": self.points.drawn if self.points.step == trainer.global_step else {},
            "step_scores": sorted(self.step_scores),
            "epoch_scores": sorted(self.epoch_scores),
        }

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        kept = checkpoint["epoch_log"]
        self._begin_epoch(kept["logged_step"])
        self.phases.begin(kept["phases"])
        self.resumed = not self.branched
        self.rows, self.samples, self.continued_step = rows_kept(kept), kept["samples"], checkpoint["global_step"]
        self.epoch_samples = kept["epoch_samples"] if trainer.is_global_zero else 0
        self.val_scores = kept["val_scores"]
        self.val_step = kept.get("val_step")  # which runs of before do not know, nor
        self.last_validation = kept.get("last_validation", ({}, None))
        self.points.step, self.points.drawn = checkpoint["global_step"], kept.get("drawn")  # older runs lack it
        self.step_scores, self.epoch_scores = set(kept["step_scores"]), set(kept["epoch_scores"])

    def _trained(self, trainer: L.Trainer) -> Tensors:
        """What was logged in this epoch, but not in its validation; a name may have been used in both."""
        self.in_row = dict(trainer.callback_metrics)
        averaged = newer(trainer.callback_metrics, self.in_row)  # over the epoch: Lightning makes these anew when asked
        logged = newer(self.in_row, self.before)
        trained = {name: v for name, v in logged.items() if name not in self.validated_now or name in averaged}
        return {name: v for name, v in self.early.items() if name in self.validated_now} | trained

    def _take_late(self, trainer: L.Trainer) -> None:
        """What a module has logged in its own ``on_train_epoch_end``, which comes after that of callbacks."""
        if self.in_row is None or not self.rows:
            return
        row = self.rows[-1]
        logged = self.named(scalars(newer(trainer.callback_metrics, self.in_row)), "train")
        if late := {name: value for name, value in logged.items() if name not in row}:
            self.rows[-1] = {**row, **late}
            if trainer.is_global_zero:
                self.table.write(self.rows)
            for axis in ("epoch", "step"):
                self._draw(trainer, axis, late, int(row[axis] or 0))
            self.epoch_scores |= set(late)

    def _over_ranks(self, trainer: L.Trainer) -> int:
        """Samples of the epoch so far, of all ranks."""
        here = torch.tensor(self.epoch_samples, device=trainer.strategy.root_device)
        return int(trainer.strategy.reduce(here, reduce_op="sum"))

    def _draw(self, trainer: L.Trainer, axis: str, values: Scores, x: int) -> None:
        self.points.draw(self.loggers(trainer), axis, values, x)
