"""The commands that a report ends with."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from epochwise.config.trusted_config import run_words
from epochwise.report.next_time import is_unsettled

#: Words of a command line that belong to one run folder.
OF_ONE_RUN = ("hydra.", "run", "run_folder", "resume", "extend", "dry_run", "find")


def next_commands(
    result: Mapping[str, Any], folder: Path, found: Mapping[str, Any], runs_here: bool
) -> list[dict[str, str]]:
    """Turn advice into commands that can be typed.

    Args:
        result: what ``result.json`` holds.
        folder: of the run.
        found: what ``epochs.analysis.analyse`` says of the run.
        runs_here: whether it is a run of this project, and not another tool's table.

    Returns:
        ``command`` and ``reason`` each, likeliest first: the run's own command line with the override in it. Where that
        is not known there is none: what could not be typed is not said.
    """
    if not runs_here:
        return []
    commands = []
    run = run_words(folder)
    if result.get("status") == "interrupted":
        commands.append({"command": f"python train.py {run}", "reason": "go on with this run"})
    if is_unsettled(found):
        settles = "settles it: the score of each of several counts, with a schedule of its own"
        commands.append({"command": f"python epochs.py {run}", "reason": settles})
    words = _words(result.get("command"))
    for one in found["verdict"]["advice"] if words else ():
        key = _key(one["override"])
        # A budget is another name of the number of epochs.
        same = (key, "budget") if key == "trainer.max_epochs" else (key,)
        kept = [word for word in words if _key(word) not in same]
        commands.append({"command": f"python {shlex.join(kept)} {one['override']}", "reason": one["reason"]})
    return commands


def _words(command: Any) -> list[str]:
    """The run's own command line without what names its folder; empty where it is not known."""
    try:
        words = shlex.split(command) if isinstance(command, str) else []
    except ValueError:
        return []
    if not words or Path(words[0]).name != "train.py" or any(word.startswith("--config") for word in words):
        return []  # begun by other means, or from a run folder
    return [word for word in words if not _key(word).startswith("hydra.") and _key(word) not in OF_ONE_RUN]


def _key(word: str) -> str:
    return word.removeprefix("-m ").lstrip("+~'\"").partition("=")[0]
