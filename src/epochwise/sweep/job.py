"""One job of many: what became of it; it is skipped where it is done, and stops nothing where it fails."""

import json
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf, flag_override, open_dict

from epochwise.input_error import InputError
from epochwise.run.run_folder import whole_file

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
OF_A_LADDER = ("run", "counts", "most_epochs", "seeds", "min_gain_per_epoch", "max_time", "max_steps")

#: Keys that say where, how many and whether to go on, and nothing of what one job trains.
OF_ALL_JOBS = ("resume", "run_folder", "refit", "n_trials", "n_jobs", *OF_A_LADDER)


def of_one_job(overrides: Sequence[str]) -> list[str]:
    """The overrides that say what a job trains."""
    # Hydra's sweeper ends what is dropped with =null.
    typed = [text.removesuffix("=null") if text.startswith("~") else text for text in overrides]
    return [text for text in typed if text.lstrip("+~").partition("=")[0] not in OF_ALL_JOBS]


#: Exit codes from here on are signals, as a shell has it: someone asked for the end of all jobs.
SIGNALLED = 129


def sweep_job(
    task: Callable[[DictConfig], Any],
    config: DictConfig,
    lines_of: Callable[[Exception], tuple[str, ...] | None],
    writes: bool = True,
) -> Any:
    """Run a job in its own folder and keep what became of it there, in ``job.json``.

    Args:
        task: what a job does.
        config: of this job. Where its ``resume`` is true, a job that is finished is skipped and one that was begun is
            gone on with.
        lines_of: what to say of an exception; None for a crash, whose traceback is shown.
        writes: whether this process is the first of the job's.

    Returns:
        What the task returns; None where the job failed: whoever started it reads the record.
    """
    hydra: Any = HydraConfig.get()
    folder = Path(hydra.runtime.output_dir)
    typed: Any = OmegaConf.to_container(hydra.overrides.task, resolve=False)  # what refers to others goes on to do so
    record = JobRecord(int(hydra.job.num), of_one_job(typed))
    before = JobRecord.read(folder) if config.get("resume") is True else None
    # A ladder's folders say it all, and its words are many where they give the settings of a run another schedule.
    label = f"job {record.job}  {folder.name if 'begins_with' in config else ' '.join(record.overrides)}"
    if before is not None and before.overrides == record.overrides and before.status == "finished":
        if writes:
            print(f"{label}: is finished already")
        return None
    resume = "auto" if config.get("resume") in (True, "auto") else None
    # Ranks start from these overrides: each has to find the checkpoint that the first one finds.
    found_by_all = [] if config.get("resume") is None else [f"resume={resume or 'null'}"]
    with flag_override(hydra, ["readonly", "struct"], [False, False]), open_dict(config):
        # With the settings of a run no file says the folder.
        place = [text for text in typed if text.startswith("+run_folder=")]
        hydra.overrides.task = [*record.overrides, *place, *found_by_all]
        config.resume = resume
    if not writes:
        return task(config)
    print(f"\n{label}", flush=True)
    record.write(folder)
    try:
        if before is not None and before.overrides != record.overrides:
            raise InputError(f"resume: {folder} holds another job: {' '.join(before.overrides)}")
        score = task(config)
    except BaseException as error:
        asked = isinstance(error, SystemExit) and isinstance(error.code, int) and error.code >= SIGNALLED
        if asked or isinstance(error, (KeyboardInterrupt, GeneratorExit)):
            replace(record, status="interrupted").write(folder)
            raise
        reason = _said(error, lines_of)
        print(f"job {record.job} failed: {reason}", file=sys.stderr, flush=True)
        replace(record, status="failed", reason=reason).write(folder)
        return None
    replace(record, status="finished").write(folder)
    return score


def is_drawn_later() -> bool:
    """Whether this is a job whose report the process of the command draws, while the next one trains."""
    launcher = HydraConfig.get().launcher if HydraConfig.initialized() else None
    return (
        launcher is not None
        and HydraConfig.get().mode == RunMode.MULTIRUN
        and str(launcher.get("_target_")).endswith(".WorkerLauncher")
    )


def draw_report(folder: Path) -> None:
    """Draw the report of a job that has ended, unless it is there: of one that had ended before, it may not be."""
    from epochwise.commands.run_result import run_report

    result, page = folder / "result.json", folder / "report.html"
    if result.exists() and not (page.exists() and page.stat().st_mtime_ns > result.stat().st_mtime_ns):
        try:
            run_report(folder)
        except Exception as error:  # the run is whole without
            print(f"{folder}: no report: {' '.join(str(error).split())}", file=sys.stderr, flush=True)


def keep_crash(folder: Path, number: int, typed: Sequence[str], reason: str) -> None:
    """Keep that a job's process ended in the middle of it, unless the job was done.

    Args:
        folder: of the job, which may not be there yet.
        number: of the job.
        typed: its overrides.
        reason: in a line.
    """
    folder.mkdir(parents=True, exist_ok=True)
    record = JobRecord.read(folder)
    if record is None or record.status == "running":
        replace(record or JobRecord(number, of_one_job(typed)), status="failed", reason=reason).write(folder)


def _said(error: BaseException, lines_of: Callable[[Exception], tuple[str, ...] | None]) -> str:
    """A failure in a line; the traceback of a crash is printed."""
    if isinstance(error, SystemExit):
        return str(getattr(error, "reason", f"exit code {error.code}"))
    assert isinstance(error, Exception)
    lines = lines_of(error)
    if lines is None:
        traceback.print_exception(error)
        return " ".join(f"{type(error).__name__}: {error}".split())
    return "; ".join(lines)
