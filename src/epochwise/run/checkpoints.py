"""Checkpoints: read with care, kept from before a cool-down, gone back to."""

import pickle
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any
from warnings import catch_warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint, WeightAveraging
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy

from epochwise.device.sharded_checkpoint import (
    check_shards,
    link_checkpoint,
    remove_unnamed_shards,
    with_shards,
)
from epochwise.device.sharded_strategy import ShardedStrategy

MOST_ITEMS = 10_000_000  # of nested values: an optimizer of a large network has some hundred thousand


def read_checkpoint(path: Path, whole: bool = True) -> dict[str, Any]:
    """Read a checkpoint that may be damaged, or a stranger's: nothing in it is run, nor unpacked beyond its size.

    Args:
        path: written by a run: a zip file of uncompressed parts with checksums, maybe with shards beside it.
        whole: whether its shards are put together in memory; else tensors without numbers stand for them
            (``with_shards``). They are checked all the same.

    Returns:
        Tensors, on the CPU, and plain values; ``state_dict`` and ``epoch`` among them.

    Raises:
        ValueError: it is no such file, is damaged or cut short, holds more than tensors and plain values, or is of
            something else than a run.
    """
    try:
        _check_parts(path)
        with catch_warnings(action="ignore"):  # torch warns of tensors that are refused below
            checkpoint = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        num_items = _num_items(checkpoint, {}, path.stat().st_size)
        if num_items <= MOST_ITEMS and isinstance(checkpoint, dict):
            check_shards(checkpoint, path)
            checkpoint = with_shards(checkpoint, path, lambda name: whole)
    except Exception as error:  # bytes that are no checkpoint fail in any way
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"cannot be read: damaged, cut short, or more than tensors and plain values ({reason})"
        ) from error
    if num_items > MOST_ITEMS:
        raise ValueError("cannot be read: damaged, or made to unfold without end")
    if not isinstance(checkpoint, dict) or not _is_a_runs(checkpoint):
        raise ValueError("is not a run's: it has no 'state_dict' of tensors and 'epoch'")
    return checkpoint


def _check_parts(path: Path) -> None:
    if not path.is_file():  # nor a pipe, which would be read for ever
        raise ValueError("no file")
    with zipfile.ZipFile(path) as parts:
        infos = parts.infolist()
        if any(part.compress_type != zipfile.ZIP_STORED or part.file_size != part.compress_size for part in infos):
            raise ValueError("its parts are compressed, which no run writes")
        if sum(part.file_size for part in infos) > path.stat().st_size or len({i.filename for i in infos}) < len(infos):
            raise ValueError("its parts overlap")
        if (damaged := parts.testzip()) is not None:
            raise ValueError(f"{damaged} differs from its checksum")


def _is_a_runs(checkpoint: dict[str, Any]) -> bool:
    weights = checkpoint.get("state_dict")
    if not isinstance(weights, dict) or not isinstance(checkpoint.get("epoch"), int):
        return False
    return all(isinstance(name, str) and isinstance(weight, torch.Tensor) for name, weight in weights.items())


def _num_items(value: Any, known: dict[int, int], most_bytes: int) -> int:
    """Nested values, counted as often as they are reached; more than the most where one holds itself.

    Raises:
        ValueError: a tensor is not kept number by number: a few bytes may stand for any number of values.
    """
    if isinstance(value, torch.Tensor):
        if value.layout != torch.strided or value.is_meta or value.numel() * value.element_size() > most_bytes:
            raise ValueError("a tensor is larger than the file")
        return 1
    if not isinstance(value, (dict, list, tuple, set, frozenset)):
        return 1
    if id(value) not in known:
        known[id(value)] = MOST_ITEMS + 1
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_num_items(item, known, most_bytes) for item in inside)
    return known[id(value)]


#: In the order in which they are put back: a run that is cut off between the two still goes on.
NAMES = ("best.ckpt", "last.ckpt")


class BeforeCooldown:
    """``before_cooldown`` beside the checkpoints of a run: the best and the last one as they were then.

    They are links: a checkpoint is replaced, never written over, so nothing is copied.

    Args:
        run_folder: of the run; its checkpoints are in ``checkpoints``.
        best: its best checkpoint, where it may be elsewhere or have another name, as in a project of one's own.
    """

    def __init__(self, run_folder: Path, best: Path | None = None) -> None:
        self.checkpoints = best.parent if best else run_folder / "checkpoints"
        self.sources = {name: self.checkpoints / name for name in NAMES} | ({"best.ckpt": best} if best else {})
        self.kept = self.checkpoints / "before_cooldown"

    def keep(self, step: int) -> None:
        """Keep those that are there now, instead of any that were kept before.

        Args:
            step: optimizer steps before the cool-down. A life of the run that was killed in its cool-down may have
                left a better one than it noted: then what that life has kept stays.
        """
        for name in NAMES:
            now, kept = self.sources[name], self.kept / name
            if now.is_file() and not (kept.is_file() and _step_of(now) > step):
                self.kept.mkdir(exist_ok=True)
                link_checkpoint(now, kept)
        remove_unnamed_shards(self.kept)

    @property
    def best(self) -> Path:
        """That of the best score before the cool-down, where it was kept."""
        return self.kept / "best.ckpt"

    @property
    def is_kept(self) -> bool:
        """Whether there are any."""
        return (self.kept / "last.ckpt").exists()

    def put_back(self) -> None:
        """Let the run go on from them, where there are any."""
        for name in NAMES if self.is_kept else ():
            if (self.kept / name).exists():
                link_checkpoint(self.kept / name, self.checkpoints / name)


def _step_of(path: Path) -> int:
    return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["global_step"])


def epoch_of(path: str | Path) -> int | None:
    """Which epoch made a checkpoint; None where it holds more than plain values, which only its owner should load."""
    with suppress(pickle.UnpicklingError, OSError, RuntimeError):
        return int(torch.load(path, map_location="cpu", weights_only=True, mmap=True)["epoch"])
    return None


def best_checkpoint(trainer: L.Trainer, monitor: str, mode: str) -> Path | None:
    """The best checkpoint by a score that can be loaded while training goes on; None where there is none.

    Args:
        trainer: with its callbacks. Weights that Lightning's own strategies spread over processes cannot.
        monitor: the score.
        mode: ``min`` or ``max``.
    """
    if not isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy, ShardedStrategy)):
        return None
    keepers = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint) and one.best_model_path]
    alike = [one for one in keepers if (one.monitor, one.mode, one.save_weights_only) == (monitor, mode, False)]
    return next((Path(one.best_model_path) for one in alike), None)


def load_earlier_weights(trainer: L.Trainer, pl_module: L.LightningModule, checkpoint: dict[str, Any]) -> None:
    """Put back the weights, an average of them and the optimizer's moments; on every rank.

    Rates, counts and all else that callbacks keep stay as they are: the run itself goes on.

    Args:
        trainer: at the start of an epoch.
        pl_module: what is trained.
        checkpoint: a whole one of this run, its tensors in memory.
    """
    pl_module.load_state_dict(checkpoint["state_dict"])
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # set on the instance
        if isinstance(callback, WeightAveraging):
            callback.on_load_checkpoint(trainer, pl_module, checkpoint)
    kept = zip(trainer.optimizers, checkpoint["optimizer_states"], strict=True)
    now = [{**state, "param_groups": optimizer.state_dict()["param_groups"]} for optimizer, state in kept]
    trainer.strategy.load_optimizer_state_dict({"optimizer_states": now})
