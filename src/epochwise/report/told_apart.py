"""What tells runs from one another."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from epochwise.run.run_config import flat

#: Follow from the others, or name places.
NOT_CHOSEN = ("name", "run_folder", "resume", "extend", "report", "hydra.", "spec.")
MOST_SETTINGS, MOST_LETTERS = 3, 60


def told_apart(settings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Say of each run in what its config differs from the others': ``optimizer.lr=0.01 seed=1``.

    A key that only repeats what others say (``data.order_seed`` follows from ``seed``) is left out.

    Args:
        settings: of each run, as plain nested mappings; empty where they are not known.

    Returns:
        A text a run, with at most three settings; empty of a run without a config, and where no key differs.
    """
    runs = [flat(dict(own)) for own in settings]
    known = [run for run in runs if run]
    parts: list[tuple[Hashable, ...]] = [()] * len(known)
    chosen: list[str] = []
    for key in sorted({key for run in known for key in run if not key.startswith(NOT_CHOSEN)}, key=_depth):
        finer = [(*part, run.get(key)) for part, run in zip(parts, known, strict=True)]
        if len(set(finer)) > len(set(parts)):
            parts, chosen = finer, [*chosen, key]
    chosen = sorted(chosen[:MOST_SETTINGS], key=lambda key: key == "seed")
    return [" ".join(_said(key, run[key]) for key in chosen if key in run)[:MOST_LETTERS] for run in runs]


def _depth(key: str) -> tuple[int, bool, str]:
    """Short keys first; of those alike, the class before its settings."""
    return key.count("."), not key.endswith("._target_"), key


def _said(key: str, value: Any) -> str:
    if key.endswith("._target_"):
        name = str(value).rpartition(".")[2]
        return f"{key.removesuffix('._target_')}={'none' if name == 'Callback' else name}"  # one that does nothing
    return f"{key}={str(value).replace(', ', ',')}"
