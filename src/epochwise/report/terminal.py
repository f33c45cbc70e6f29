"""What is shown of runs in a terminal, and the commands to type next."""

import logging
import shlex
import sys
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console, RenderableType

from epochwise.trust.run_config import run_words


def counted(number: int, thing: str, plural: str = "s") -> str:
    """``1 epoch``, ``1,200 epochs``; of a ``batch`` the plural is ``es``."""
    return f"{number:,} {thing}{'' if number == 1 else plural}"


def next_time(found: Mapping[str, Any]) -> str:
    """``12 epochs (10 to 12 are within the noise)``; where none is known to be enough, ``at least 12 epochs`` and why.

    Args:
        found: what ``epochs.analysis.analyse`` says of a run, with a count.
    """
    count = found["recommended_epochs"]
    plural = "" if count["value"] == 1 else "s"
    if not count.get("at_least"):
        return f"{count['value']:,} epoch{plural} ({count['low']} to {count['high']} are within the noise)"
    if not is_least(found):
        return f"{count['value']:,} epoch{plural} of this schedule; one of another length has its own count"
    undecided = found["verdict"]["label"] == "undecided"
    why = "its schedule ended" if is_unsettled(found) else "too few to tell" if undecided else "it still improves"
    return f"at least {count['value']:,} epoch{plural}: {why}"


def is_least(found: Mapping[str, Any]) -> bool:
    """Whether a count is told as a least one: beside "overfitting" that would read as advice to overfit more."""
    count = found["recommended_epochs"]
    return bool(count and count.get("at_least")) and (found.get("verdict") or {}).get("label") != "overfitting"


def is_unsettled(found: Mapping[str, Any]) -> bool:
    """Whether the count is a least one since the schedule ended: counts with their own schedules would settle it."""
    count, end = found["recommended_epochs"], found.get("schedule_end")
    return bool(count and count.get("at_least") and end and end["ended"])


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
    if is_unsettled(found) and not _is_remade(result.get("plan")):
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


def _is_remade(plan: Any) -> bool:
    """Whether a phase began another optimizer or schedule, where ``epochs.py`` takes one schedule."""
    laid_out = plan.get("finetune") if isinstance(plan, dict) else None
    return bool(laid_out.get("optimizers")) if isinstance(laid_out, dict) else False


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


def shown(path: Path) -> str:
    """A path as one would type it: relative to the working folder where it lies inside."""
    path = path.absolute()
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def print_wide(table: RenderableType) -> None:
    """Print a table as wide as the terminal is; a file or a pipe has no edge, and gets it whole."""
    Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(table)


PIPE_WIDTH = 200


def tell(lines: dict[str, str]) -> None:
    """Print named lines, the names in a column; long ones are not broken, so that paths can be copied."""
    console = Console(highlight=False, soft_wrap=True)
    for name, text in lines.items():
        console.print(f"[bold]{name.rstrip():>10}[/]  ", end="")  # of several alike, blanks tell the keys apart
        console.print(text, markup=False)


NOISE = (
    ".*does not have many workers.*",  # data in memory needs none, and workers are a setting of the data
    ".*isinstance\\(treespec, LeafSpec\\).*",  # Lightning 2.6 on torch 2.12 and later: not for the user to mend
    ".*is not supported by the model summary.*",  # its estimate of the size in memory is all it means
    ".*resuming from a checkpoint that ended before the epoch ended.*",  # the order of batches follows from their place
    ".*is smaller than the logging interval.*",  # every epoch is a point here, whatever the interval
    ".*`srun` command is available.*",  # where a cluster can be reached, and a run is not for it
    ".*could not find the monitored key.*",  # an epoch that the run's end cut short has no validation
    ".*callbacks used to create the checkpoint need to be provided.*",  # one was dropped where the run went on
    ".*Checkpoint directory .* exists and is not empty.*",  # the run folder is ours
)


def quiet() -> None:
    """Leave out Lightning's notes on what hardware there is, and warnings that are false in this project."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for message in NOISE:
        warnings.filterwarnings("ignore", message=message)


def named_epoch(epoch: int, epochs_run: int) -> str:
    """``15 (from 0), the 16th of 30``.

    Args:
        epoch: counted from 0.
        epochs_run: how many there were; where that is fewer, they are left out.
    """
    of = f" of {epochs_run:,}" if epochs_run > epoch else ""
    return f"{epoch} (from 0), the {epoch + 1:,}{_ending(epoch + 1)}{of}"


def _ending(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
