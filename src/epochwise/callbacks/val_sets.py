"""Further validation sets, each with curves of its own."""

import re
from collections.abc import Mapping
from copy import deepcopy
from itertools import islice
from typing import Any, Literal, cast

import lightning as L
from torch.utils.data import DataLoader

from epochwise.input_error import InputError
from epochwise.source.fit import checked_arguments

NAME = re.compile(r"\w[\w.-]*")


class ValSets(L.Callback):
    """Score other data at each validation too, as ``val_<name>/loss`` and all other scores of the task.

    Each set is a data module of its own, which is shown to the network as the data it is trained on: with the spec,
    the classes and the statistics of that, learned from its training split. The weights are those that are validated.
    Scores are of all samples of a set, over all ranks, each counted once; their time is that of validation.
    ``monitor`` may be one of them, ``val_clinic_b/loss``.

    Args:
        sets: name -> data module.
        split: of them: ``"all"`` takes every sample of a set; ``"val"`` or ``"test"`` what it publishes or cuts as
            that.

    Raises:
        InputError: a name that is no plain word, data that cannot be read or is of another kind than that trained on,
            or a task or data module that has no splits to score.
    """

    @checked_arguments
    def __init__(self, sets: Mapping[str, Any], split: Literal["all", "val", "test"] = "all") -> None:
        self.sets, self.split = dict(sets), split
        self.loaders: dict[str, DataLoader] = {}
        for name in self.sets:
            if not NAME.fullmatch(name):
                said = f"got {name!r}, allowed: a name of letters, digits, '_', '-' and '.'"
                raise InputError(f"callbacks.val_sets.sets: {said}")

    def setup(self, trainer: L.Trainer, pl_module: L.LightningModule, stage: str) -> None:
        if stage != "fit":
            return
        data, task = getattr(trainer, "datamodule", None), cast(Any, pl_module)
        if not hasattr(data, "dataloader_of") or not hasattr(task, "log_scores"):
            raise InputError("callbacks.val_sets: data or task have no splits to score; drop it: ~callbacks.val_sets")
        if not self.sets:
            raise InputError("callbacks.val_sets.sets: got none, allowed: NAME={_target_: a data module, ...}")
        for name, other in self.sets.items():
            self._set_up(f"callbacks.val_sets.sets.{name}", other, data, trainer)
            task.meters[f"val_{name}"] = deepcopy(task.meters["val"])  # nothing is measured yet

    def _set_up(self, key: str, other: Any, data: Any, trainer: L.Trainer) -> None:
        if not hasattr(other, "dataloader_of"):
            raise InputError(f"{key}: got {type(other).__name__}, allowed: a data module, {{_target_: ..., ...}}")
        other.trainer = trainer  # which knows the ranks
        try:
            other.load_state_dict(data.state_dict())
            other.prepare_data()
            other.setup("all" if self.split == "all" else "fit")
        except InputError as error:
            raise InputError(*(f"{key}: {line}" for line in error.lines)) from error
        if other.spec != data.spec:
            raise InputError(f"{key}: it does not take over what was learned of the training data")
        if not len(other.splits.get(self.split, ())):
            there = ", ".join(name for name in ("all", "val", "test") if len(other.splits.get(name, ())))
            raise InputError(
                f"callbacks.val_sets.split: got {self.split!r}, of which {key} has no samples; has: {there}"
            )

    def on_fit_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.loaders = {name: other.split_dataloader(self.split) for name, other in self.sets.items()}

    def on_validation_epoch_end(self, trainer: Any, pl_module: L.LightningModule) -> None:
        task: Any = pl_module
        precision = trainer.precision_plugin
        # Lightning's check before the first step is to find faults, and whoever monitors a set looks for it there.
        most = 1 if trainer.sanity_checking or trainer.fast_dev_run else None
        for name, loader in self.loaders.items():
            for batch in islice(loader, most):  # as in callbacks.train_eval
                with precision.val_step_context():
                    task.measure(f"val_{name}", trainer.strategy.batch_to_device(precision.convert_input(batch)))
            task.log_scores(f"val_{name}")

    def on_fit_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.loaders = {}  # its workers end at once
