"""What became of one job of many, for whoever started them."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from epochwise.run.whole_file import whole_file

STATES = ("waiting", "running", "finished", "interrupted", "failed")
MOST_BYTES = 1_000_000


@dataclass(frozen=True)
class JobRecord:
    """``job.json`` of a job's folder, written as it begins and as it ends.

    Args:
        job: its number, from 0.
        overrides: of this job alone, as they would be typed.
        status: ``waiting`` (to be begun again), ``running`` (or killed), ``finished``, ``interrupted`` or ``failed``.
        reason: of a failure, in a line.
    """

    job: int
    overrides: list[str] = field(default_factory=list)
    status: str = "running"
    reason: str | None = None

    @classmethod
    def read(cls, folder: Path) -> "JobRecord | None":
        """The record of a folder; ``None`` where there is none, or a damaged one."""
        path = folder / "job.json"
        try:
            if path.stat().st_size > MOST_BYTES:
                return None
            found = cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, RecursionError):
            return None
        texts = isinstance(found.overrides, list) and all(isinstance(text, str) for text in found.overrides)
        reason = found.reason is None or isinstance(found.reason, str)
        number = isinstance(found.job, int) and not isinstance(found.job, bool)
        return found if texts and reason and number and found.status in STATES else None

    def write(self, folder: Path) -> None:
        """Write it to a folder, whole or not at all."""
        with whole_file(folder / "job.json") as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")


#: Keys of epochs.py: a ladder with more counts or seeds uses what a shorter one has trained.
OF_A_LADDER = ("counts", "most_epochs", "seeds", "min_gain_per_epoch", "max_time", "max_steps")

#: Keys that say where, how many and whether to go on, and nothing of what one job trains.
OF_ALL_JOBS = ("resume", "run_folder", "refit", "n_trials", "n_jobs", *OF_A_LADDER)


def of_one_job(overrides: Sequence[str]) -> list[str]:
    """The overrides that say what a job trains."""
    # Hydra's sweeper ends what is dropped with =null.
    typed = [text.removesuffix("=null") if text.startswith("~") else text for text in overrides]
    return [text for text in typed if text.lstrip("+~").partition("=")[0] not in OF_ALL_JOBS]
