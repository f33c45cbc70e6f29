"""The checkpoint that a run goes on from."""

from collections.abc import Iterator
from pathlib import Path, PurePath
from typing import Any

import torch

from epochwise.input_error import InputError
from epochwise.run.checkpoints import read_checkpoint
from epochwise.run.epoch_place import kept_place_fault
from epochwise.run.epochs_csv import is_count
from epochwise.run.kept_rows import kept_rows_fault
from epochwise.run.run_config import absolute_paths


def kept_states_fault(checkpoint: dict[str, Any]) -> str | None:
    """Say what is wrong with the best scores and the learning rates of a checkpoint, which may be a stranger's.

    Lightning takes them over unseen and fails at the next comparison or log, in the midst of training.

    Args:
        checkpoint: with ``callbacks`` and ``optimizer_states``.

    Returns:
        What is not as a run writes it; ``None`` where all is.
    """
    states = [state for name, state in checkpoint["callbacks"].items() if str(name).startswith("ModelCheckpoint")]
    if not all(isinstance(state, dict) and _compares(state) for state in states):
        return "has a best score that is not as Lightning's ModelCheckpoint keeps it"
    groups = [group for state in checkpoint["optimizer_states"] for group in _groups(state)]
    if not all(isinstance(group, dict) and _is_number(group.get("lr")) for group in groups):
        return "has an optimizer state without groups of a learning rate each"
    return None if _are_loggers(checkpoint.get("loggers", {})) else "has 'loggers' that are not as a run keeps them"


def _are_loggers(kept: Any) -> bool:
    versions, due = (kept.get("versions", []), kept.get("due", {})) if isinstance(kept, dict) else (None, None)
    if not isinstance(versions, list) or not isinstance(due, dict):
        return False
    pairs = all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in versions)
    plain = pairs and all(version is None or isinstance(version, (str, int)) for _, version in versions)
    return plain and all(isinstance(name, str) and _is_number(value) for name, value in due.items())


def _compares(state: dict[str, Any]) -> bool:
    """Whether the next score can be compared to it."""
    score, kept, worst = (state.get(name) for name in ("best_model_score", "best_k_models", "kth_best_model_path"))
    texts = all(isinstance(state.get(name), str) for name in ("best_model_path", "last_model_path"))
    known = isinstance(kept, dict) and all(map(_is_number, kept.values())) and (not worst or worst in kept)
    return texts and isinstance(worst, str) and known and (score is None or _is_number(score))


def _groups(state: Any) -> list[Any]:
    groups = state.get("param_groups") if isinstance(state, dict) else None
    return groups if isinstance(groups, list) and groups else [None]


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.ndim == 0 and not value.is_complex()
    return isinstance(value, (int, float)) and not isinstance(value, bool)


#: What a run's checkpoint holds beside its weights, and of which kind.
KEPT = {"global_step": int, "loops": dict, "callbacks": dict, "optimizer_states": list, "lr_schedulers": list}

#: Folders of a run folder in which files are written beside their target.
WRITTEN = ("checkpoints", "checkpoints/before_cooldown", "tensorboard", "predictions")


def resume_point(run_folder: Path) -> tuple[Path | None, list[str]]:
    """Find the newest checkpoint of a run that is whole.

    Args:
        run_folder: of a run that ended, however it did; it may be a stranger's.

    Returns:
        The checkpoint, ``None`` where none was written yet; and a line for each damaged one that was passed over.

    Raises:
        InputError: there are checkpoints, and none of them is whole; or the best one, which it will need, is damaged.
    """
    damaged: list[str] = []
    for name in ("last.ckpt", "previous.ckpt"):
        path = run_folder / "checkpoints" / name
        if path.exists() or path.is_symlink():
            try:
                checkpoint = read_point(path, whole=False)
            except ValueError as error:
                damaged.append(f"{path} is damaged ({error})")
            else:
                _check_best(checkpoint, run_folder)
                return path, damaged
    if damaged:
        raise InputError(*damaged)
    return None, []


def remove_leftovers(run_folder: Path) -> None:
    """Remove what writers that were killed left half-written beside their targets; the folder must be locked."""
    for path in _beside(run_folder):
        path.unlink(missing_ok=True)


def _beside(run_folder: Path) -> Iterator[Path]:
    for folder in (run_folder, *(run_folder / name for name in WRITTEN)):
        # whole_file's names: .<name>.<process>
        yield from (path for path in folder.glob(".*.*") if path.suffix[1:].isdigit())


def read_point(path: Path, whole: bool = True) -> dict[str, Any]:
    """Read a checkpoint that a run can go on from (``read_checkpoint``); it may be a stranger's.

    Raises:
        ValueError: it is damaged, or not as a run writes it.
    """
    checkpoint = read_checkpoint(path, whole)
    for key, kind in KEPT.items():
        if not isinstance(checkpoint.get(key), kind):
            raise ValueError(f"it has no {key!r} to go on from")
    if not is_count(checkpoint["global_step"]) or not is_count(checkpoint["epoch"]):
        raise ValueError("its epoch or step is no count")
    if not _are_counts(checkpoint["loops"]):
        raise ValueError("its 'loops' have a place in training that is no count")
    faults = (kept_rows_fault(checkpoint.get("epoch_log")), kept_states_fault(checkpoint), kept_place_fault(checkpoint))
    if fault := next(filter(None, faults), None):
        raise ValueError(f"it {fault}")
    # Lightning removes files that a checkpoint names; it looks whether they are in the folder, but not for dots.
    if (text := next(filter(_leaves, _texts(checkpoint["callbacks"])), None)) is not None:
        raise ValueError(f"it names {text!r}, which leaves the run folder")
    return checkpoint


def _are_counts(loops: dict[str, Any]) -> bool:
    """Whether all progress that Lightning goes on counting from is counts."""
    for key, value in loops.items():
        if key in ("total", "current") and not (isinstance(value, dict) and all(map(is_count, value.values()))):
            return False
        if (key == "_batches_that_stepped" and not is_count(value)) or (
            isinstance(value, dict) and not _are_counts(value)
        ):
            return False
    return True


def _check_best(checkpoint: dict[str, Any], run_folder: Path) -> None:
    for state in checkpoint["callbacks"].values():
        named = state.get("best_model_path") if isinstance(state, dict) else None
        best = Path(absolute_paths(named, str(run_folder))) if named and isinstance(named, str) else None
        if best is not None and best.exists():  # one that was cut off before it was noted may be gone
            try:
                kept = read_checkpoint(best)
            except ValueError as error:
                raise InputError(f"{best} is damaged ({error}); without the best weights there is no end") from error
            if not is_count(kept.get("global_step")) or not is_count(kept["epoch"]):
                raise InputError(f"{best} does not say its epoch and step; without the best weights there is no end")
            if _shapes(kept["state_dict"]) != _shapes(checkpoint["state_dict"]):
                raise InputError(f"{best} is of another network than the checkpoint to go on from")


def _shapes(weights: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    return {name: tuple(weight.shape) for name, weight in weights.items()}


def _leaves(text: str) -> bool:
    return ".." in PurePath(text).parts or ":/" in text or "::" in text


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in (*value.keys(), *value.values()):
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
