"""What a ladder has left in its folder, for those who read it later."""

from pathlib import Path
from typing import Any

from epochwise.ladder.jobs import branch_name
from epochwise.run.json_file import read_json
from epochwise.sweep.write_sweep import MOST_RUNS

NEEDED = ("counts", "seeds", "scores", "monitor", "mode", "mean", "recommended", "words", "test", "failed")


def read_counts(folder: Path) -> dict[str, Any] | None:
    """What ``counts.json`` says (see ``counts_document``); None where it is absent, damaged or somebody else's."""
    found = read_json(folder / "counts.json")
    return found if all(key in found for key in NEEDED) else None


def runs_of(folder: Path, counts: dict[str, Any]) -> list[Path]:
    """The folders of its whole runs, not those of its trunks; of more than a page holds, the longest."""
    places = [folder / branch_name(count, seed) for count in counts["counts"] for seed in counts["seeds"]]
    return [place for place in places if (place / "epochs.csv").exists()][-MOST_RUNS:]
