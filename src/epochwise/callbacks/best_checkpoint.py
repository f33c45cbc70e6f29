"""The best weights, and those next to them."""

import os
from pathlib import Path
from typing import Any

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch import Tensor

from epochwise.run.write_checkpoint import written_beside


class BestCheckpoint(ModelCheckpoint):
    """Lightning's ModelCheckpoint, whose best is always ``best.ckpt``.

    Where more than one is kept (``save_top_k``), the others have the name that ``filename`` gives them: a checkpoint
    that is not the best any more gets the name that it would have had, so that no file is written over by a worse one.
    Weights that no validation has scored, such as those of a run that ``max_steps`` ends within an epoch, are not kept.
    All arguments are those of ModelCheckpoint.

    It leans on private methods of Lightning: ``_update_best_and_save`` is told of each score that is among the best,
    and asks for a name of its checkpoint. tests/callbacks/test_best_checkpoint.py fails where that changes.
    """

    own_name = ""  # what best.ckpt is called once it is not the best any more
    best_step = -1  # the optimizer steps that made it
    writes_best = False
    validated_step = -1  # of the last validation

    @property
    def best_path(self) -> str:
        """Where the best one is."""
        return os.path.join(str(self.dirpath), f"best{self.FILE_EXTENSION}")

    @property
    def state_key(self) -> str:
        # That of runs which were made with Lightning's own.
        return super().state_key.replace(type(self).__qualname__, ModelCheckpoint.__qualname__, 1)

    def format_checkpoint_name(self, metrics: dict[str, Tensor], *args: Any, **kwargs: Any) -> str:
        name = super().format_checkpoint_name(metrics, *args, **kwargs)
        return self.best_path if self.writes_best else name

    def state_dict(self) -> dict[str, Any]:
        return super().state_dict() | {"own_name": self.own_name, "best_step": self.best_step}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        own_name = str(state_dict.get("own_name", ""))
        if Path(str(self.dirpath)) in Path(own_name).parents:  # a stranger's may name any file
            self.own_name, self.best_step = own_name, state_dict.get("best_step", -1)
        if 0 < self.save_top_k < len(self.best_k_models):  # a run that goes on may keep fewer
            in_order = sorted(self.best_k_models.items(), key=lambda one: float(one[1]), reverse=self.mode == "max")
            self.best_k_models = dict(in_order[: self.save_top_k])
        if len(self.best_k_models) == self.save_top_k:
            worst = max if self.mode == "min" else min
            self.kth_best_model_path = worst(self.best_k_models, key=lambda path: float(self.best_k_models[path]))

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if not trainer.sanity_checking:
            self.validated_step = trainer.global_step
        super().on_validation_end(trainer, pl_module)

    def on_train_epoch_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        if str(self.monitor).startswith("train/") or self.monitor is None or self.validated_step == trainer.global_step:
            super().on_train_epoch_end(trainer, pl_module)

    def _update_best_and_save(self, current: Tensor, trainer: L.Trainer, monitor_candidates: dict[str, Tensor]) -> None:
        with written_beside(trainer):
            self._update(current, trainer, monitor_candidates)

    def _update(self, current: Tensor, trainer: L.Trainer, monitor_candidates: dict[str, Tensor]) -> None:
        better = torch.lt if self.mode == "min" else torch.gt
        if self.best_model_score is not None and not better(current, self.best_model_score):
            super()._update_best_and_save(current, trainer, monitor_candidates)
            return
        if self.best_path in self.best_k_models and self.save_top_k != 1:
            self._give_way(trainer)
        self.own_name = self._get_metric_interpolated_filepath_name(monitor_candidates, trainer)
        self.best_step, self.writes_best = trainer.global_step, True
        counts, self._enable_version_counter = self._enable_version_counter, False
        try:
            super()._update_best_and_save(current, trainer, monitor_candidates)
        finally:
            self.writes_best, self._enable_version_counter = False, counts

    def _give_way(self, trainer: L.Trainer) -> None:
        """Let the best of before have its own name, beside that of the best: it is never without one."""
        self.own_name = self.own_name or os.path.join(str(self.dirpath), f"best-before{self.FILE_EXTENSION}")
        kept = {self.own_name if path == self.best_path else path: score for path, score in self.best_k_models.items()}
        self.best_k_models = kept
        if self.kth_best_model_path == self.best_path:
            self.kth_best_model_path = self.own_name
        if trainer.is_global_zero and self._is_written():
            Path(self.own_name).unlink(missing_ok=True)
            os.link(self.best_path, self.own_name)

    def _is_written(self) -> bool:
        """Whether best.ckpt is the one that is noted: a run that was cut off had perhaps written one more."""
        if not os.path.exists(self.best_path):
            return False
        kept = torch.load(self.best_path, map_location="cpu", weights_only=True, mmap=True)
        return bool(kept["global_step"] == self.best_step)
