"""What a ladder has left in its folder, for those who read it later."""

from pathlib import Path
from typing import Any

from epochwise.ladder.jobs import branch_name
from epochwise.run.json_file import read_json
from epochwise.sweep.write_sweep import MOST_RUNS

#: A number, or null, for each count.
COLUMNS = ("mean", "stderr", "gain", "gain_stderr", "price_epochs", "steps", "seconds")
KINDS = {
    **dict.fromkeys(("counts", "seeds", "words", "trunk", *COLUMNS), list),
    "scores": dict,
    "failed": dict,
    "test": dict | None,
    "monitor": str,
    "mode": str,
    "recommended": int,
}


def read_counts(folder: Path) -> dict[str, Any] | None:
    """What ``counts.json`` says (see ``counts_document``); None where it is absent, damaged or somebody else's."""
    found = read_json(folder / "counts.json")
    return found if _is_whole(found) else None


def _is_whole(found: dict[str, Any]) -> bool:
    """Whether all that is shown of it is there, and of the right kind and length."""
    if any(not isinstance(found.get(name), kind) for name, kind in KINDS.items()) or "forecast" not in found:
        return False
    counts, scores = found["counts"], found["scores"].values()
    whole = all(isinstance(count, int) for count in counts) and found["recommended"] in counts
    if not whole or not all(isinstance(rows, list) and len(rows) == len(found["seeds"]) for rows in scores):
        return False
    columns = [*(found[name] for name in COLUMNS), *(row for rows in scores for row in rows)]
    numbers = all(isinstance(column, list) and len(column) == len(counts) for column in columns)
    return numbers and all(isinstance(value, int | float | None) for column in columns for value in column)


def runs_of(folder: Path, counts: dict[str, Any]) -> list[Path]:
    """The folders of its whole runs, not those of its trunks; of more than a page holds, the longest."""
    places = [folder / branch_name(count, seed) for count in counts["counts"] for seed in counts["seeds"]]
    return [place for place in places if (place / "epochs.csv").exists()][-MOST_RUNS:]
