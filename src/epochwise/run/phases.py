"""Where the seconds of training go."""

from collections.abc import Sequence
from time import perf_counter
from typing import Any

import lightning as L
from torch import nn
from torch.optim import Optimizer
from torch.utils.hooks import RemovableHandle

from epochwise.run.epochs_csv import Row

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
