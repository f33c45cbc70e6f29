"""What a run came to: how it ended, and ``result.json``."""

import json
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from epochwise.report.terminal import counted
from epochwise.run.epoch_place import Phases
from epochwise.run.epochs_csv import Row, best_row
from epochwise.run.rank_processes import job_command
from epochwise.run.run_folder import finite, whole_file


def fit_end(trainer: Any, epochs: int, max_time: str | None = None) -> dict[str, str]:
    """Say why ``fit`` came back.

    Args:
        trainer: after ``fit``; a callback of it that has a ``reason`` has ended it.
        epochs: that were trained, in all lives of the run.
        max_time: the Trainer's, as it was given, where it is known.

    Returns:
        ``status``, ``completed`` or ``stopped_early``, and ``reason``.
    """
    stopped = (reason for callback in trainer.callbacks if (reason := getattr(callback, "reason", None)))
    if reason := next(stopped, None):
        return {"status": "stopped_early", "reason": reason}
    said = f"trained all of its {counted(epochs, 'epoch')}"
    if few := trainer.fast_dev_run:
        said = f"trained {counted(int(few), 'batch', 'es')}, for trainer.fast_dev_run={few}"
    elif 0 <= trainer.max_steps <= trainer.global_step:
        said = f"trainer.max_steps={trainer.max_steps} was reached in epoch {epochs - 1}"
    elif trainer.should_stop and max_time:
        said = f"trainer.max_time={max_time} was over in epoch {epochs - 1}"
    return {"status": "completed", "reason": said}


def result_fields(
    rows: Sequence[Row],
    monitor: str,
    mode: str,
    found: Mapping[str, Any],
    ended: Mapping[str, Any],
    steps: int,
    seconds: float,
    plan: Mapping[str, Any] | None = None,
    samples: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Gather the best epoch, the counts, where the seconds went, and what the curves say.

    Args:
        rows: those of ``epochs.csv``; there may be none.
        monitor: the score that decides.
        mode: ``min`` where smaller is better, else ``max``.
        found: what ``epochs.analysis.analyse`` says.
        ended: ``status``, ``reason``, and what is known better than from the rows: of the best weights, of the test.
        steps: optimizer steps in all.
        seconds: since the run, or this life of it, began.
        plan: what the run was to do, where that was known.
        samples: of each split, where they are known.

    Returns:
        The fields of ``run.result.write_result``.
    """
    best = best_row(rows, monitor, mode) or {}
    return {
        "monitor": monitor,
        "mode": mode,
        "best_epoch": best.get("epoch"),
        "best_step": best.get("scored_step") or best.get("step"),
        "best_score": best.get(monitor),
        "tested_epoch": None,
        "test": {},
        **ended,
        "epochs_run": len(rows),
        "steps": steps,
        "seconds": round(seconds, 3),
        "plan": plan,
        "samples": samples,
        "phases": Phases.in_all(rows),
        **found,
    }


PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "timm", "hydra-core", "scikit-learn", "numpy")


def versions() -> dict[str, str]:
    """Of Python, and of the packages that a run goes by."""
    return {"python": platform.python_version()} | {name: version(name) for name in PACKAGES}


def write_result(run_folder: Path, project: Path = Path(__file__).parent, **fields: Any) -> dict[str, Any]:
    """Write ``result.json``: the fields given, and what they were made with (versions, git commit, command line).

    Args:
        run_folder: where it is written.
        project: a folder of the code that trained, for its commit.
        **fields: ``status`` (``completed``, ``stopped_early``, ``interrupted``, ``failed``), ``reason``, ``monitor``,
            ``mode``, ``epochs_run``, ``steps``, ``best_epoch`` (from 0), ``best_step``, ``best_score``,
            ``tested_epoch``, ``test`` (score -> value), ``seconds``, ``phases`` (phase -> seconds), ``plan``,
            and what ``epochs.analysis.analyse`` says.
            What is not finite becomes ``null``: JSON has no such numbers.

    Returns:
        All of it, as written.
    """
    result = finite(fields) | {
        "versions": versions(),
        "git_commit": git_commit(project),
        "command": shlex.join(job_command(sys.argv)),
    }
    with whole_file(run_folder / "result.json") as file:
        json.dump(result, file, indent=2, allow_nan=False)
        file.write("\n")
    return result


def git_commit(folder: Path = Path(__file__).parent) -> str | None:
    """The commit of the project's folder, with ``+`` where files differ from it; ``None`` outside git."""
    command = ["git", "-C", str(folder), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
