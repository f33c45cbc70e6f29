"""How a network lies and runs on its device: its layout, what it keeps, and whether it is compiled."""

from typing import Any, Literal

import lightning as L
import torch

from epochwise.device.activation_checkpointing import forget_activations
from epochwise.device.channels_last import lay_channels_last, match_states
from epochwise.device.compiled_network import compile_in_place, mode_for
from epochwise.device.sharded_strategy import ShardedStrategy
from epochwise.rules.device import GRAPHS


class NetworkOnDevice(L.Callback):
    """Lay a network out and compile it, in a way that no checkpoint shows.

    Args:
        compiles: false or null, true, or a mode, see ``device.compiled_network``.
        channels_last: null is auto; see ``device.channels_last``.
        forgets: whether its blocks compute twice, see ``device.activation_checkpointing``.
    """

    def __init__(
        self, compiles: bool | str | None, channels_last: bool | Literal["auto"] | None, forgets: bool = False
    ) -> None:
        self.compiles = compiles or False
        self.channels_last: bool | Literal["auto"] = "auto" if channels_last is None else channels_last
        self.forgets = forgets
        self.mode: str | None = None  # null: not compiled, or already

    def begin(self, trainer: Any, task: Any) -> list[str]:
        """Take the network of a task that is to be trained.

        Args:
            trainer: its device is known.
            task: with the weights that it begins with.

        Returns:
            Lines on what is doubtful.

        Raises:
            InputError: it cannot be laid out or compiled so.
        """
        device, precision = trainer.strategy.root_device, str(trainer.precision)
        laid = False if isinstance(trainer.strategy, ShardedStrategy) else self.channels_last  # rules.device says why
        lay_channels_last(getattr(task, "network", task), laid, device, precision)
        if self.forgets:
            forget_activations(getattr(task, "network", task))
        if self.compiles:
            self.mode = mode_for(self.compiles, task, trainer)
        notes = []
        if self.compiles in GRAPHS and device.type != "cuda":
            notes.append(f"compile={self.compiles}: CUDA graphs need a GPU; on {device.type} it is as compile=true")
        if device.type == "cuda" and precision.startswith("bf16") and not torch.cuda.is_bf16_supported(False):
            name = torch.cuda.get_device_name(device)
            notes.append(f"trainer.precision={precision}: {name} only imitates bf16, which is slow; 16-mixed is fast")
        return notes

    def on_sanity_check_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._compile(pl_module)  # not before: a summary hangs hooks into the layers, which would be compiled too

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        match_states(trainer.optimizers)
        self._compile(pl_module)

    def _compile(self, task: Any) -> None:
        if self.mode is not None:
            compile_in_place(task.network, self.mode)
            self.mode = None
