"""The run that ``run=`` names."""

from pathlib import Path

from epochwise.input_error import InputError


def named_run(text: str) -> tuple[Path, str | None]:
    """Find the folder of a run by it, or by something in it.

    Args:
        text: a run folder, its ``checkpoints``, or a file of one of both; ``~`` is expanded.

    Returns:
        The folder, and the name of the checkpoint, such as ``best``, where a file is named.

    Raises:
        InputError: nothing is there.
    """
    path = Path(text).expanduser()
    if path.suffix == ".ckpt" and path.is_file():
        return (path.parent.parent if path.parent.name == "checkpoints" else path.parent), path.stem
    if path.name == "checkpoints" and path.is_dir() and (path.parent / "config.yaml").exists():
        return path.parent, None
    if path.is_file() and (path.parent / "config.yaml").exists():
        return path.parent, None
    if not path.is_dir():
        siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"run: no folder {path}{InputError.closest(path.name, siblings)}")
    return path, None
