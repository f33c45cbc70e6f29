"""What a ladder of counts ends with in the terminal."""

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from epochwise.epochs.score_over_counts import ScoreOverCounts
from epochwise.ladder.counts_document import count_rows, counts_document
from epochwise.ladder.jobs import branch_name
from epochwise.ladder.ladder import Ladder
from epochwise.report.terminal import print_wide, shown, tell

#: Of the runs of a ladder, and of no run by itself.
OF_THE_LADDER = ("report=false", "~callbacks.model_summary")


def tell_ladder(
    ladder: Ladder, found: ScoreOverCounts, folder: Path, page: Path | None, why: str | None, words: Sequence[str]
) -> None:
    """Print the table of counts, the answer, the command that trains it, what failed, and where the files are.

    Args:
        ladder: what was measured.
        found: what it says.
        folder: of the ladder.
        page: its report, where there is one.
        why: the ladder ended where it did; None where its counts were given.
        words: what was typed beside counts and seeds, or of that what all of its runs have.
    """
    document = counts_document(ladder, found)
    print_table(document)
    tell(counts_lines(document, why, words))
    best = branch_name(found.recommended, ladder.seeds[0])
    lines = {"its run": shown(folder / best)} if (folder / best).exists() else {}
    lines |= {"table": shown(folder / "counts.csv"), "curve": shown(folder / "counts.png")}
    tell(lines | ({"report": shown(page)} if page else {}))


def print_table(document: dict[str, Any]) -> None:
    """Print ``counts_table``."""
    print_wide(counts_table(document))


def counts_lines(document: dict[str, Any], why: str | None, words: Sequence[str]) -> dict[str, str]:
    """The answer, why the ladder ended, and what to do next in named lines; see ``tell_ladder``."""
    lines = answer_lines(document) | ({"ended": why} if why else {})
    words = [word for word in words if word not in OF_THE_LADDER]
    if document["ended_too_early"]:
        counts = ",".join(map(str, [*document["counts"], 2 * document["counts"][-1]]))
        seeds = ",".join(map(str, document["seeds"])) + "," * (len(document["seeds"]) == 1)
        words += [f"counts={counts}", f"seeds={seeds}"]
        lines["next"] = f"python epochs.py {shlex.join(words)}"
        return lines
    if any(word.startswith("run=") for word in words):  # settings that no words choose anew: the run is there
        return lines
    for default in ("scheduler=wsd", "stopping=none"):
        if not any(word.startswith(f"{default.partition('=')[0]}=") for word in words):
            words.append(default)
    words.append(f"trainer.max_epochs={document['recommended']}")
    lines["next"] = f"python train.py {shlex.join(words)}"
    return lines


def answer_lines(document: dict[str, Any]) -> dict[str, str]:
    """The answer, the test split's score and what failed in named lines."""
    answer, *rest = document["words"] or [""]
    name, _, text = answer.partition(": ")
    lines = {name: text} | {" " * (index + 1): sentence for index, sentence in enumerate(rest)}
    if document["test"]:
        scores = document["test"].items()
        lines["test"] = "  ".join(f"{name} {_spread(score['mean'], score['stderr'])}" for name, score in scores)
    return lines | failed_lines(document["failed"])


def failed_lines(failed: Mapping[str, str]) -> dict[str, str]:
    """Jobs that failed and why, in lines with names of their own."""
    return {f"failed{' ' * index}": f"{job}: {reason}" for index, (job, reason) in enumerate(failed.items())}


def counts_table(document: dict[str, Any]) -> Table:
    """A row a count, the recommended one marked: what it cost and scored, and what it gained over the one before.

    Args:
        document: see ``counts_document``.
    """
    monitor = document["monitor"]
    others = [name for name in document["scores"] if name not in (monitor, "val/loss")]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "epochs", "steps", "seconds", monitor, "gain", "trained for it", *others):
        table.add_column(escape(name), justify="right", no_wrap=True)
    for row in count_rows(document):
        table.add_row(
            "*" if row["count"] == document["recommended"] else "",
            f"{row['count']:,}",
            _number(row["steps"], ",.0f"),
            _number(row["seconds"], ".3g"),
            _spread(row[monitor], row["stderr"]),
            _spread(row["gain"], row["gain_stderr"]),
            f"{float(row['price_epochs'] or 0):,.4g} epochs",
            *(_number(row[name], ".4f") for name in others),
        )
    return table


def _number(value: Any, form: str) -> str:
    return "" if value is None else format(value, form)


def _spread(mean: Any, stderr: Any) -> str:
    return "" if mean is None else f"{mean:.4f}" + ("" if stderr is None else f" ± {stderr:.4f}")
