"""Finding broken pictures before they stop a run in its middle."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from PIL import Image


def unreadable_pictures(paths: Sequence[str]) -> dict[str, str]:
    """Decode every picture, JPEGs at an eighth of their size.

    A header alone says nothing of a file that was cut short, so all of it is read; PIL decodes outside of Python's
    lock, so threads share the work.

    Args:
        paths: N picture files.

    Returns:
        What is wrong by path, for those that cannot be read.
    """
    with ThreadPoolExecutor() as threads:
        faults = threads.map(_fault, paths)
        return {path: fault for path, fault in zip(paths, faults, strict=True) if fault}


def _fault(path: str) -> str | None:
    try:
        with Image.open(path) as picture:
            picture.draft("L", (1, 1))
            picture.load()
    except Exception as error:  # PIL's decoders raise nearly anything on broken files
        return f"{type(error).__name__}: {error}"
    return None
