"""The files of a ladder of counts: for programs, for people and for TensorBoard."""

import csv
import json
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

import numpy as np

from epochwise.epochs.score_over_counts import ScoreOverCounts
from epochwise.ladder.counts_document import count_rows, counts_document
from epochwise.ladder.ladder import Ladder, runs_of
from epochwise.report.document import find_out, make_document
from epochwise.report.page import write_report
from epochwise.report.read_runs import read_runs
from epochwise.report.terminal import counted, shown
from epochwise.run.run_folder import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, GREEN = "#0072b2", "#009e73"
MOST_NAMED = 12  # counts on the axis


def draw_counts(document: dict[str, Any], path: Path) -> None:
    """Draw the score at the end of a run against its count of epochs, as a PNG; counts stand on a logarithmic axis.

    Each seed faintly, their mean with its standard error, the recommended count, the forecast, and behind them the
    trunk's own curve, which no cool-down has ended.

    Args:
        document: see ``counts_document``.
        path: the file; it is whole or absent.
    """
    # A second to import; and no pyplot: it would keep figures, and pick a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.5, 4.4), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    draw_panel(figure.add_subplot(), document)
    with whole_file(path, "wb") as file, catch_warnings():
        simplefilter("ignore")  # letters that the font has not
        figure.savefig(file, format="png")


def draw_panel(axes: "Axes", document: dict[str, Any]) -> None:
    """Draw it into the axes of a figure, with labels and a legend; see ``draw_counts``."""
    axes.set_xscale("log")
    _draw(axes, document)
    counts = document["counts"]
    shown = counts[:: len(counts) // MOST_NAMED + 1]
    if document["forecast"]:
        shown = [*shown, document["forecast"]["counts"][-1]]
    axes.set_xticks(shown, [f"{count:,}" for count in shown])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("epochs of a run, each with its schedule ended", fontsize=9)
    axes.set_ylabel(document["monitor"].replace("$", r"\$"), fontsize=9)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(fontsize=8, frameon=False)


def _draw(axes: "Axes", document: dict[str, Any]) -> None:
    counts = np.array(document["counts"])
    mean, stderr = (np.array(document[name], dtype=float) for name in ("mean", "stderr"))
    ahead = document["forecast"]
    axes.set_xlim(counts[0] / 1.3, (ahead["counts"] if ahead else counts)[-1] * 1.1)
    seeds = np.array(document["scores"][document["monitor"]], dtype=float)
    if len(seeds) > 1:
        axes.plot(counts, seeds.T, color=BLUE, alpha=0.3, linewidth=0.9, marker=".", markersize=4)
    label = f"mean of {len(seeds)} seeds ± standard error" if len(seeds) > 1 else "one seed"
    axes.errorbar(counts, mean, np.nan_to_num(stderr), color=BLUE, linewidth=1.8, marker="o", capsize=3, label=label)
    chosen = mean[counts == document["recommended"]]
    axes.axvline(document["recommended"], color=GREEN, alpha=0.5, linewidth=1)
    text = f"recommended: {counted(document['recommended'], 'epoch')}"
    axes.plot(document["recommended"], chosen, "o", color=GREEN, markersize=9, zorder=3, label=text)
    low, high = axes.get_ylim()  # what follows must not press the scores flat
    trunk = document["trunk"]
    axes.plot(np.arange(1, len(trunk) + 1), trunk, color="grey", alpha=0.7, linewidth=0.9, zorder=0, label="the trunk")
    if ahead:
        score, lower, upper = ([mean[-1], *ahead[name]] for name in ("score", "low", "high"))
        longer = [counts[-1], *ahead["counts"]]
        axes.plot(longer, score, color=BLUE, linestyle=":", label="forecast, 80 %")
        axes.fill_between(longer, lower, upper, color=BLUE, alpha=0.15, linewidth=0)
    room = 0.3 * (high - low)
    least, most = axes.get_ylim()
    axes.set_ylim(max(least, low - room), min(most, high + room))


#: Always the same: the points of a ladder that was climbed further take the place of those before.
FILE = "events.out.tfevents.0.counts"


def write_count_points(document: dict[str, Any], folder: Path) -> None:
    """Write each score at the end of a run as a point ``count/<name>`` at x = count of epochs, mean and each seed.

    Args:
        document: see ``counts_document``.
        folder: of the event file; made where it is absent.
    """
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    lines = {f"count/{document['monitor']}": document["mean"], "count/stderr": document["stderr"]}
    for name, scores in document["scores"].items():
        lines |= {f"count/{name}/seed={seed}": row for seed, row in zip(document["seeds"], scores, strict=True)}
    now = time.time()
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / FILE, "wb") as file:
        writer = RecordWriter(file)
        writer.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        for tag, values in lines.items():
            for count, value in zip(document["counts"], values, strict=True):
                if value is not None:
                    point = Summary(value=[Summary.Value(tag=tag, simple_value=value)])
                    writer.write(Event(wall_time=now, step=count, summary=point).SerializeToString())


def write_ladder(folder: Path, ladder: Ladder, found: ScoreOverCounts, report: bool = True) -> Path | None:
    """Write ``counts.csv``, ``counts.json``, ``counts.png``, points for TensorBoard and, where asked for, the page.

    Args:
        folder: of the ladder, in which its runs ``epochs-<count>-seed-<seed>`` lie.
        ladder: what was measured.
        found: what it says.
        report: whether ``report.html`` and ``curves.png`` are written: the score over counts, then the runs' curves.

    Returns:
        The page; None where there is none.
    """
    document = counts_document(ladder, found)
    rows = count_rows(document)
    with whole_file(folder / "counts.csv") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with whole_file(folder / "counts.json") as file:
        json.dump(document, file, indent=2, allow_nan=False)
        file.write("\n")
    draw_counts(document, folder / "counts.png")
    write_count_points(document, folder / "tensorboard")
    return _write_page(folder, document) if report else None


def _write_page(folder: Path, document: dict[str, Any]) -> Path | None:
    if not (there := runs_of(folder, document)):
        return None
    runs = read_runs(there)
    page = make_document(shown(folder), runs, list(map(find_out, runs)), datetime.now())
    return write_report(page | {"counts": document}, folder)
