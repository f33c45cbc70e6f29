"""What came out of a run, for programs."""

import json
import platform
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from epochwise.run.finite import finite
from epochwise.run.rank_processes import job_command
from epochwise.run.whole_file import whole_file

PACKAGES = ("torch", "torchvision", "lightning", "torchmetrics", "timm", "hydra-core", "scikit-learn", "numpy")


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
        "versions": {"python": platform.python_version()} | {name: version(name) for name in PACKAGES},
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
