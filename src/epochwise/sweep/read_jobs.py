"""The jobs of a sweep, from its folder."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from epochwise.run.epochs_csv import Row
from epochwise.run.job_record import JobRecord
from epochwise.run.json_file import read_json


@dataclass(frozen=True)
class Job:
    """One job: what was asked of it and what came of it.

    Args:
        folder: its run folder.
        record: what it was, and whether it is done.
        result: its ``result.json``; empty where there is none.
    """

    folder: Path
    record: JobRecord
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, str]:
        """Its overrides, key -> value as typed."""
        parts = [text.partition("=") for text in self.record.overrides]
        return {key.lstrip("+"): value for key, _, value in parts}


def read_jobs(folder: Path) -> list[Job]:
    """Read the jobs of a sweep's folder, in the order of their numbers."""
    found = [(path.parent, JobRecord.read(path.parent)) for path in folder.glob("*/job.json")]
    jobs = [Job(place, record, read_result(place)) for place, record in found if record is not None]
    return sorted(jobs, key=lambda job: (job.record.job, job.folder.name))


def differing(jobs: list[Job]) -> list[str]:
    """The settings in which the jobs differ, in the order in which they were typed."""
    keys = dict.fromkeys(key for job in jobs for key in job.settings)
    return [key for key in keys if len({job.settings.get(key) for job in jobs}) > 1]


def sweep_rows(jobs: list[Job]) -> list[Row]:
    """The table of a sweep: a row a job, the settings that differ, then what came out.

    Args:
        jobs: as ``read_jobs`` gives them.
    """
    keys, rows = differing(jobs), []
    for job in jobs:
        result = job.result
        count = result.get("recommended_epochs") or {}
        row: Row = {"job": job.record.job, "folder": job.folder.name}
        row |= {key: job.settings.get(key) for key in keys}
        row |= {"status": result.get("status") if job.record.status == "finished" else job.record.status}
        row |= {key: result.get(key) for key in ("monitor", "best_score", "best_epoch", "epochs_run", "seconds")}
        row |= {"recommended_epochs": count.get("value"), "at_least": count.get("at_least")}
        row |= {f"test/{name}": value for name, value in (result.get("test") or {}).items()}
        rows.append(row | {"reason": job.record.reason or result.get("reason")})
    return rows


def read_result(folder: Path) -> dict[str, Any]:
    """The ``result.json`` of a run folder; empty where there is none, or a damaged one."""
    return read_json(folder / "result.json")
