"""Weights other than those that are trained: their average, and those that were scored."""

from collections.abc import Mapping
from itertools import chain
from math import ceil
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import EMAWeightAveraging, WeightAveraging
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch import Tensor
from torch.distributed.tensor import DTensor

from epochwise.device.sharded_network import local
from epochwise.device.sharded_strategy import ShardedStrategy
from epochwise.input_error import InputError
from epochwise.model.stages import fingerprint

Pair = tuple[Tensor, Tensor]  # of the average and of the model


class WeightAverage(L.Callback):
    """Let what Lightning's WeightAveraging scores and keeps be weights that were trained, whatever it averages how.

    Until averaging begins the average is the model itself; Lightning's is the network as it was before the first step.
    What does not train is not averaged: frozen weights, statistics of frozen layers and counts are those of the model,
    to the bit, and not moved by rounding. An average that is updated once an epoch is so before the validation of that
    epoch; Lightning's is between the validation and its checkpoint. Where ``update_starting_at_epoch`` says when, no
    step before it is averaged.

    The average is settled where it is used next, so nothing is done in between: a run that goes on is the same. It must
    come after the callback that averages, and leans on its private ``_average_model``: tests/run/test_weight_average.py
    fails where that changes.

    Args:
        averaging: the callback that averages.
    """

    def __init__(self, averaging: WeightAveraging) -> None:
        self.averaging = averaging
        self.fixed: list[Pair] | None = []  # None: to be seen at the next batch
        self.trains: tuple[bool, ...] = ()

    def on_train_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        averaging = self.averaging
        if isinstance(averaging, EMAWeightAveraging) and averaging.update_starting_at_step is None:
            steps = ceil(trainer.num_training_batches / trainer.accumulate_grad_batches)
            averaging.update_starting_at_step = (averaging.update_starting_at_epoch or 0) * steps

    def on_train_batch_start(
        self, trainer: L.Trainer, pl_module: L.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        trains = tuple(parameter.requires_grad for parameter in pl_module.parameters())
        if trains != self.trains:
            self._settle(pl_module)
            self.trains, self.fixed = trains, None

    def on_train_batch_end(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        if self.fixed is None:
            self.fixed = self._fixed(pl_module)

    def on_validation_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if trainer.fit_loop.epoch_loop.batch_progress.is_last_batch and not trainer.sanity_checking:
            self.averaging.on_train_epoch_end(trainer, pl_module)  # once an epoch: the one that follows does nothing
        self._settle(pl_module)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self._settle(pl_module)

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        self._settle(pl_module)  # the tensors of the average, which the checkpoint has already

    @torch.no_grad()
    def _settle(self, pl_module: L.LightningModule) -> None:
        average = self.averaging._average_model
        if average is None:
            return
        for averaged, trained in self._all(pl_module) if average.n_averaged == 0 else self.fixed or ():
            averaged.copy_(trained)

    def _all(self, pl_module: L.LightningModule) -> list[Pair]:
        average: Any = self.averaging._average_model
        ours = chain(pl_module.parameters(), pl_module.buffers())
        return list(zip(chain(average.module.parameters(), average.module.buffers()), ours, strict=True))

    def _fixed(self, pl_module: L.LightningModule) -> list[Pair]:
        """What is not averaged; asked in training, where frozen layers alone are in eval mode."""
        average: Any = self.averaging._average_model
        found: list[Pair] = []
        for averaged, module in zip(average.module.modules(), pl_module.modules(), strict=True):
            for name, parameter in module.named_parameters(recurse=False):
                if not parameter.requires_grad:
                    found.append((averaged.get_parameter(name), parameter))
            for name, buffer in module.named_buffers(recurse=False):
                if not module.training or not buffer.is_floating_point():
                    found.append((averaged.get_buffer(name), buffer))
        return found


#: Where a callback could change weights after they were scored and before they are kept.
BETWEEN = ("on_validation_epoch_end", "on_validation_end", "on_train_epoch_end", "on_save_checkpoint")


class ScoredWeights(L.Callback):
    """Refuse a checkpoint behind a validation whose weights are not those that were validated.

    A callback may change weights there, by pruning, clipping or averaging them: the best epoch would then be chosen by
    the scores of weights that exist no more. It must come after all callbacks that a config names. Of weights that are
    spread over ranks each looks at its own; not of those that Lightning's own strategies spread.

    Raises:
        InputError: at the end of the first epoch, before its checkpoint is written.
    """

    def __init__(self) -> None:
        self.scored: tuple[int, ...] | None = None

    def on_validation_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        whole = isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy)) and trainer.is_global_zero
        if (whole or isinstance(trainer.strategy, ShardedStrategy)) and not trainer.sanity_checking:
            self.scored = self._seen(trainer, pl_module, pl_module.state_dict())

    def on_train_batch_start(self, trainer: L.Trainer, pl_module: L.LightningModule, *_: Any) -> None:
        self.scored = None

    def on_save_checkpoint(self, trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
        if self.scored is None:
            return
        same = self.scored == self._seen(trainer, pl_module, checkpoint["state_dict"])
        if isinstance(trainer.strategy, ShardedStrategy):
            same = trainer.strategy.reduce_boolean_decision(same)
        if same:
            return
        callbacks: list[L.Callback] = trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
        libraries = ("epochwise.", "lightning.")
        others = [one for one in callbacks if not type(one).__module__.startswith(libraries)]
        names = [type(one).__name__ for one in others if any(name in _own_hooks(type(one)) for name in BETWEEN)]
        raise InputError(
            "callbacks: weights were changed between a validation and its checkpoint, by "
            f"{' or '.join(names) or 'one'}: what would be kept was never scored; change them before, in "
            "on_validation_start"
        )

    @staticmethod
    def _seen(trainer: L.Trainer, pl_module: L.LightningModule, state: Mapping[str, Tensor]) -> tuple[int, ...]:
        tensors = _of_network(pl_module, state)
        if not trainer.is_global_zero:  # rank 0 alone writes what lies whole, and gives it to the others to score
            tensors = [tensor for tensor in tensors if isinstance(tensor, DTensor)]
        return fingerprint(map(local, tensors))


def _own_hooks(kind: type) -> set[str]:
    return {name for base in kind.__mro__ if base is not L.Callback for name in vars(base)}


def _of_network(task: L.LightningModule, state: Mapping[str, Tensor]) -> list[Tensor]:
    """The weights of a task's network, in the order of their names; of a task without one, all parameters."""
    if hasattr(task, "network"):
        return [state[name] for name in sorted(state) if name.startswith("network.")]
    parameters = {name for name, _ in task.named_parameters()}
    return [state[name] for name in sorted(state) if name in parameters]
