"""A run as it was: its parts, with the weights of one of its checkpoints."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from omegaconf import DictConfig, OmegaConf

from epochwise.command_line.continued_run import named_run
from epochwise.commands.build import build
from epochwise.commands.build_network import LORA, build_network
from epochwise.config.check import check
from epochwise.data.spec import kept_spec
from epochwise.input_error import InputError, allowed_names
from epochwise.run.checkpoints import read_checkpoint
from epochwise.trust.names import Trust
from epochwise.trust.run_config import read_trusted_config


class Best(NamedTuple):
    """Which weights were the best: their epoch, from 0, the optimizer steps that made them, and their score by what."""

    epoch: int
    step: int
    score: float
    monitor: str
    mode: str


def load_best(trainer: L.Trainer, task: L.LightningModule, monitor: str, mode: str) -> Best | None:
    """Put the weights of the best checkpoint into the task, on every rank.

    Args:
        trainer: after ``fit``.
        task: what was trained.
        monitor: the score that decides. Where no checkpoint was kept by it, the first that was kept by another is it.
        mode: ``min`` where smaller is better, else ``max``.

    Returns:
        Which they are; ``None`` where no best checkpoint was kept: the weights stay those of the last step.
    """
    keepers = [one for one in trainer.checkpoint_callbacks if isinstance(one, ModelCheckpoint) and one.monitor]
    for callback in sorted(keepers, key=lambda one: (one.monitor, one.mode) != (monitor, mode)):
        if callback.best_model_path:
            trainer.strategy.barrier("best checkpoint written")
            checkpoint = torch.load(callback.best_model_path, map_location="cpu", weights_only=True)
            task.load_state_dict(checkpoint["state_dict"])
            score = callback.best_model_score
            step = int(checkpoint["global_step"])
            found = float("nan" if score is None else score)
            return Best(int(checkpoint["epoch"]), step, found, str(callback.monitor), callback.mode)
    return None


BUILT = ("data", "model", "task", "optimizer", "scheduler")  # what is asked of a run's config to score it


@dataclass
class Restored:
    """A run as its folder holds it.

    Args:
        config: its config.
        task: trained, in the precision of its weights.
        data_state: what its data module learned.
        epoch: of the weights.
        precision: that it was scored in while it was trained, as Lightning's Trainer takes it.
    """

    config: DictConfig
    task: L.LightningModule
    data_state: dict[str, Any]
    epoch: int
    precision: Any


def restore(folder: Path, ckpt: str, trust: Trust | None = None) -> Restored:
    """Build a run's task again and load a checkpoint into it. The folder may be a stranger's: nothing in it is run.

    Args:
        folder: a run folder, wherever it stands now.
        ckpt: which checkpoint: ``best``, ``last``, or the name of another one in ``checkpoints``.
        trust: what its config may name beside ``TRUSTED``.

    Raises:
        InputError: no such folder, config or checkpoint; one that is damaged, holds what cannot be trusted, or is
            another model's or another data module's.
    """
    path = _find(folder, ckpt)
    config = _config(folder, trust)
    checkpoint = _checkpoint(path)
    data_class = config.data["_target_"].rpartition(".")[2]
    data_state = checkpoint.get(data_class)
    if not isinstance(data_state, dict) or not {"spec", "learned"} <= data_state.keys():
        raise InputError(f"ckpt: {path} does not hold what {config.data['_target_']} learned from its training data")
    _check_spec(data_state, config, path)
    try:
        makers = {name: build(config, name) for name in ("optimizer", "scheduler")}
        network, _ = build_network(config, [], resumed=True)
        task = build(config, "task", network=network, **makers)
    except (TypeError, ValueError, ArithmeticError, LookupError, RuntimeError, MemoryError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(f"run: {folder / 'config.yaml'}: its network cannot be built: {reason}") from error
    kinds = {weight.dtype for weight in checkpoint["state_dict"].values() if weight.is_floating_point()}
    if len(kinds) == 1:
        task.to(kinds.pop())  # float64 weights are not to be rounded on their way
    try:
        task.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        lines = [line.strip() for line in str(error).splitlines()[1:4]]
        raise InputError(f"ckpt: {path} is not of {config.model['_target_']}: {' '.join(lines)}") from error
    trainer = config.get("trainer")
    precision = trainer.get("precision") if isinstance(trainer, DictConfig) else None
    return Restored(config, task, data_state, int(checkpoint["epoch"]), precision or "32-true")


def _check_spec(data_state: dict[str, Any], config: DictConfig, path: Path) -> None:
    """Refuse a checkpoint of other data than the network was made for: its outputs would be given other names."""
    of_config: Any = OmegaConf.to_container(config.spec) if isinstance(config.get("spec"), DictConfig) else {}
    spec = asdict(kept_spec(data_state)[0])
    for name in ("input_shape", "target", "num_outputs", "class_names"):
        ours, theirs = (list(one) if isinstance(one, tuple) else one for one in (of_config.get(name), spec[name]))
        if ours is not None and ours != theirs:
            raise InputError(f"ckpt: {path} is of data whose {name} is {theirs}; that of the run's config is {ours}")


def _find(folder: Path, ckpt: str) -> Path:
    named_run(str(folder))
    if not (folder / "config.yaml").is_file():
        # From outputs, outputs/<name> or a sweep's folder, down to a run with a checkpoint.
        inside = [file for depth in ("*", "*/*", "*/*/*") for file in folder.glob(f"{depth}/config.yaml")]
        runs = [file for file in inside if any(file.parent.glob("checkpoints/*.ckpt"))]
        newest = max(runs, key=lambda file: file.stat().st_mtime, default=None)
        hint = f"the newest run in it is {newest.parent}" if newest else "allowed: the folder of a run"
        raise InputError(f"run: {folder / 'config.yaml'} is missing; {hint}")
    path = folder / "checkpoints" / f"{ckpt.removesuffix('.ckpt')}.ckpt"
    if not path.is_file():
        there = sorted(file.stem for file in path.parent.glob("*.ckpt") if not file.name.startswith("."))
        if there and ckpt not in ("best", "last"):
            raise InputError(f"ckpt: got {ckpt!r}{allowed_names(ckpt, there)}")
        raise InputError(f"run: {path} is missing; allowed: the folder of a run that has finished an epoch")
    return path


def _config(folder: Path, trust: Trust | None) -> DictConfig:
    plain = read_trusted_config(folder, trust, nodes=BUILT)
    for name in BUILT:
        if not isinstance(plain.get(name), dict) or "_target_" not in plain[name]:
            raise InputError(f"run: {folder / 'config.yaml'} names no class for {name!r}: it is damaged or cut short")
    # The weights are in the checkpoint: none are to be looked for, where they once came from, or downloaded.
    plain["model"] = _without_pretrained(plain["model"])
    built: tuple[str, ...] = BUILT
    finetune = plain.pop("finetune", None)
    if isinstance(finetune, dict) and finetune.get("_target_") == LORA:  # no other adds to the network
        plain["finetune"] = {key: finetune[key] for key in ("_target_", "rank", "layers") if key in finetune}
        built = (*BUILT, "finetune")
    config = OmegaConf.create({**plain, "run_folder": str(folder)})
    try:
        check(config)
    except InputError as error:
        faults = [line for line in error.lines if line.partition(":")[0].partition(".")[0] in built]
        if faults:
            raise InputError(*(f"run: {folder / 'config.yaml'}: {line}" for line in faults)) from error
    return config


def _without_pretrained(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: False if key == "pretrained" else _without_pretrained(value) for key, value in node.items()}
    return [_without_pretrained(value) for value in node] if isinstance(node, list) else node


def _checkpoint(path: Path) -> dict[str, Any]:
    try:
        return read_checkpoint(path)
    except ValueError as error:
        raise InputError(f"ckpt: {path} {error}") from error
