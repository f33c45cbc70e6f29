"""Where a run goes on from."""

import zipfile
from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError

import torch

from epochwise.input_error import InputError


def resume_point(run_folder: Path) -> tuple[Path | None, list[str]]:
    """Find the newest checkpoint of a run that is whole.

    Args:
        run_folder: of a run that ended, however it did.

    Returns:
        The checkpoint, ``None`` where none was written yet; and a line for each damaged one that was passed over.

    Raises:
        InputError: there are checkpoints, and none of them is whole.
    """
    damaged: list[str] = []
    for name in ("last.ckpt", "previous.ckpt"):
        path = run_folder / "checkpoints" / name
        if path.exists():
            if (fault := _fault(path)) is None:
                return path, damaged
            damaged.append(f"{path} is damaged ({fault})")
    if damaged:
        raise InputError(*damaged)
    return None, []


def remove_leftovers(run_folder: Path) -> None:
    """Remove what writers that were killed left half-written beside their targets; the folder must be locked."""
    for path in _beside(run_folder):
        path.unlink(missing_ok=True)


def _beside(run_folder: Path) -> Iterator[Path]:
    for folder in (run_folder, run_folder / "checkpoints", run_folder / "tensorboard", run_folder / "predictions"):
        # whole_file's names: .<name>.<process>
        yield from (path for path in folder.glob(".*.*") if path.suffix[1:].isdigit())


def _fault(path: Path) -> str | None:
    try:
        with zipfile.ZipFile(path) as parts:
            if (part := parts.testzip()) is not None:
                return f"{part} differs from its checksum"
        torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (zipfile.BadZipFile, OSError, RuntimeError, UnpicklingError, EOFError, KeyError, ValueError) as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return None
