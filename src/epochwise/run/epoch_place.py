"""Where a run is within an epoch: in which phase, and behind how many samples."""

from collections.abc import Mapping, Sequence
from math import ceil
from time import perf_counter
from typing import Any

import lightning as L
from torch import nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from epochwise.epochs.plan import count_batches
from epochwise.run.epochs_csv import Row, is_count
from epochwise.run.kept_rows import rows_kept
from epochwise.scheduler.lightning_schedule import ResumedSchedule

PHASES = ("data", "forward", "loss", "backward", "optimizer", "validation", "logging", "rest")


class Phases(L.Callback):
    """A clock that always stands in one phase, so that the phases add up to the time between two rows.

    ``data`` is the wait for a batch, its way to the device and its augmentation; ``forward`` the network, ``loss`` the
    loss and the scores, ``backward`` the gradients (and their way between ranks), ``optimizer`` clipping, the step and
    the schedule, ``validation`` a whole pass, ``logging`` curves and checkpoints, ``rest`` what is none of these. On a
    GPU, which works on while Python goes ahead, a phase is the time that Python spent in it.

    It must come before all other callbacks.
    """

    def __init__(self) -> None:
        self.phase, self.since = "rest", perf_counter()
        self.seconds = dict.fromkeys(PHASES, 0.0)
        self.in_step = False  # whether a training step is under way
        self.hooks: list[RemovableHandle] = []

    def enter(self, phase: str) -> None:
        """Leave the phase that the clock stands in for another."""
        now = perf_counter()
        self.seconds[self.phase] += now - self.since
        self.phase, self.since = phase, now

    def take(self) -> dict[str, float]:
        """Seconds of each phase since it was asked last; then begin anew."""
        taken = self.so_far()
        self.begin()
        return taken

    def so_far(self) -> dict[str, float]:
        """Seconds of each phase since they were taken last."""
        self.enter(self.phase)
        return dict(self.seconds)

    def begin(self, seconds: dict[str, float] | None = None) -> None:
        """Begin anew, with the seconds that an epoch begun has had already."""
        self.since = perf_counter()
        self.seconds = {name: float((seconds or {}).get(name, 0.0)) for name in PHASES}

    @staticmethod
    def in_all(rows: Sequence[Row]) -> dict[str, float]:
        """Seconds of each phase over the epochs of a table."""
        seconds = {name: [row.get(f"seconds/{name}") for row in rows] for name in PHASES}
        return {name: round(sum(float(value or 0.0) for value in values), 3) for name, values in seconds.items()}

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        network = getattr(pl_module, "network", None)
        network = network if isinstance(network, nn.Module) else pl_module
        self.hooks = [
            network.register_forward_pre_hook(lambda *_: self._in_step("forward")),
            network.register_forward_hook(lambda *_: self._in_step("loss")),
        ]

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        for hook in self.hooks:  # a network that has them could not be pickled
            hook.remove()
        self.hooks = []

    def on_exception(self, trainer: L.Trainer, pl_module: L.LightningModule, exception: BaseException) -> None:
        self.on_fit_end(trainer, pl_module)

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.begin(self.seconds)

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        # Each time: trainer.reload_dataloaders_every_n_epochs makes another one.
        loader: Any = trainer.train_dataloader
        if hasattr(loader, "on_next"):
            loader.on_next = lambda: self.enter("data")

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.enter("rest")
        self.in_step = True

    def on_before_zero_grad(self, trainer: L.Trainer, pl_module: L.LightningModule, optimizer: Optimizer) -> None:
        self.in_step = False
        self.enter("optimizer")

    def on_before_backward(self, trainer: L.Trainer, pl_module: L.LightningModule, loss: Any) -> None:
        self.in_step = False
        self.enter("backward")

    def on_after_backward(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.enter("optimizer")

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.enter("logging")

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.enter("validation")

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.enter("logging")

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.enter("logging")

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self.enter("logging")

    def _in_step(self, phase: str) -> None:
        if self.in_step:
            self.enter(phase)


class EpochPlace(L.Callback):
    """Keep the place in an epoch in samples, which stays right where batches, ranks or accumulation are others.

    Lightning and the schedule count batches and steps. Where an epoch has another number of them than before, the epoch
    that was begun goes on behind the samples it has taken, and a schedule by steps stands where it would after as many
    epochs of the new length. Settings that make this impossible are refused before (``other_batches``).

    It comes before all callbacks that look at the schedule.

    Args:
        data: the data module; only one with ``begun`` (``data.splits.batched_data_module``) may change within an epoch.
    """

    def __init__(self, data: Any) -> None:
        self.data = data
        self.steps_per_epoch = 0
        self.checkpoint: Mapping[str, Any] | None = None
        self.logged: int | None = None  # x of Lightning's own loggers

    def on_load_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self.checkpoint = checkpoint

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.steps_per_epoch = ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
        if self.checkpoint is not None:
            self._go_on(trainer, self.checkpoint)
            self.checkpoint = None

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        if self.logged is not None:
            # Behind a validation Lightning passes over a batch once more, and counts it.
            trainer.fit_loop.epoch_loop._batches_that_stepped, self.logged = self.logged, None

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        checkpoint["epoch_place"] = {
            "steps_per_epoch": self.steps_per_epoch,
            "world_size": trainer.world_size,
            "batch_size": getattr(self.data, "batch_size", 0),
            "accumulate_grad_batches": trainer.accumulate_grad_batches,
            **digests(self.data, trainer),
        }

    def _go_on(self, trainer: L.Trainer, checkpoint: Mapping[str, Any]) -> None:
        loop: Any = trainer.fit_loop
        self.logged = loop.epoch_loop._batches_that_stepped
        epoch, progress = loop.epoch_progress.current.processed, loop.epoch_loop.batch_progress
        taken, batch = samples_taken(checkpoint), 0
        if taken:
            batch = progress.current.completed
            if hasattr(self.data, "begun"):
                batch = batches_taken(self.data, taken, trainer.world_size)
                self.data.begun = (epoch, batch, taken)
        if steps_before(checkpoint) == self.steps_per_epoch and (not taken or batch == progress.current.completed):
            return
        counts = progress.current
        counts.ready = counts.started = counts.processed = counts.completed = (
            batch if taken or not epoch else int(trainer.num_training_batches)
        )
        of_schedule = epoch - getattr(trainer.lightning_module, "schedule_from_epoch", 0)
        step = of_schedule * self.steps_per_epoch + batch // trainer.accumulate_grad_batches
        for config in trainer.lr_scheduler_configs:
            if config.interval == "step":
                ResumedSchedule.go_to(config.scheduler, step)


def digests(data: Any, trainer: Any) -> dict[str, str]:
    """Those of a data module that has them (``data.splits.batched_data_module``)."""
    return data.digests(trainer.overfit_batches > 0) if hasattr(data, "digests") else {}


def batches_taken(data: Any, samples: int, world_size: int) -> int:
    """How many batches of an epoch stand before those that its other samples make now.

    Args:
        data: a ``BatchedDataModule``, set up.
        samples: of the epoch that all devices have taken.
        world_size: devices.
    """
    there = data.num_samples["train"]
    whole, left = (count_batches(n, data.batch_size, world_size, data.drop_last) for n in (there, there - samples))
    return whole - left


def kept_place_fault(checkpoint: Mapping[str, Any]) -> str | None:
    """Say what is wrong with the place that a checkpoint has, which may be a stranger's; ``None`` where nothing is."""
    kept = checkpoint.get("epoch_place", {"steps_per_epoch": 0})
    plain = isinstance(kept, dict) and all(isinstance(value, str) or is_count(value) for value in kept.values())
    return None if plain and is_count(kept.get("steps_per_epoch")) else "has an 'epoch_place' without counts"


def samples_taken(checkpoint: Mapping[str, Any]) -> int:
    """Samples of the epoch under way that all devices had taken; 0 behind an epoch."""
    log, epoch = checkpoint["epoch_log"], checkpoint["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
    rows: list[Any] = rows_kept(log, last=2)
    if not log["epoch_samples"] and rows and rows[-1]["epoch"] == epoch:  # the run ended within it
        return int(rows[-1]["samples"] - sum(row["samples"] for row in rows[:-1]))
    return int(log["epoch_samples"])


def steps_before(checkpoint: Mapping[str, Any]) -> int:
    """Optimizer steps of an epoch when a checkpoint was written; of one before there was this key, those of a row."""
    if "epoch_place" in checkpoint:
        return int(checkpoint["epoch_place"]["steps_per_epoch"])
    rows: list[Any] = rows_kept(checkpoint["epoch_log"])
    steps = [0, *(row["step"] for row in rows)]
    return int(steps[-1] - steps[-2]) if len(steps) > 1 else 0
