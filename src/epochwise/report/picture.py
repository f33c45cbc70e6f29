"""The curves of a report as a picture."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from warnings import catch_warnings, simplefilter

from epochwise.logs.log import UNITS
from epochwise.report.digits import LEAST, told
from epochwise.run.run_folder import whole_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe & Ito 2008, Color Universal Design: told apart with any colour vision.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
STAGES = {"val": ("-", 0), "train": ((0, (5, 3)), 1), "train_eval": ((0, (1, 2)), 2)}
MOST_METRICS = 3
MOST_NAMED = 10
WIDTH, BETWEEN = 10, 0.7  # inches


def draw_picture(document: dict[str, Any], path: Path) -> None:
    """Draw the monitored score, up to three other metrics and the learning rate against epochs, as a PNG.

    Of one run, its best epoch, the recommended epochs, events and the forecast are marked too.

    Args:
        document: see ``document.make_document``.
        path: the file; its folder must exist. It is whole or absent.
    """
    # A second to import; and no pyplot: it would keep figures, and pick a window system.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    runs = document["runs"]
    charts = _charts(runs)
    rows = 2 + (len(charts) > 3)
    height = 2 + 2.6 * rows
    figure = Figure(figsize=(WIDTH, height), dpi=90)
    FigureCanvasAgg(figure)
    figure.suptitle(_plain(document["title"]), fontsize=12, y=1 - 0.12 / height, va="top")
    # Room in inches for what stands beside axes: to let a layout measure it takes as long as all of the drawing.
    edges = {"left": 0.75 / WIDTH, "right": 1 - 0.15 / WIDTH, "bottom": 0.5 / height, "top": 1 - 0.7 / height}
    between = rows * BETWEEN / (height - 1.2 - (rows - 1) * BETWEEN)  # of the mean height of axes
    ratios = [1.7] + [1.0] * (rows - 1)
    grid = figure.add_gridspec(rows, 2, height_ratios=ratios, wspace=0.18, hspace=between, **edges)
    for index, names in enumerate(charts):
        place = grid[0, :] if index == 0 else grid[1 + (index - 1) // 2, (index - 1) % 2]
        axes = figure.add_subplot(place)
        _draw(axes, runs, names, document.get("seeds") or ())
        if len(runs) == 1:
            _mark(axes, runs[0], is_first=index == 0)
        if index == 0 and axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8, frameon=False, ncols=2)
    if not charts:
        figure.text(0.5, 0.5, "nothing to draw: no column holds a number", ha="center")
    with whole_file(path, "wb") as file, catch_warnings():
        simplefilter("ignore")  # letters that the font has not
        figure.savefig(file, format="png")


def _is_staged(name: str) -> bool:
    """Whether a score is drawn beside those of other stages: ``val/loss``, ``val_other/loss``."""
    stage, sign, _ = name.partition("/")
    return bool(sign) and (stage in STAGES or stage.startswith("val_"))


def _charts(runs: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The columns of each chart that has any numbers: monitored score, other metrics, learning rates."""
    columns = [pair for run in runs for pair in run["columns"].items()]
    names = dict.fromkeys(name for name, column in columns if any(value is not None for value in column))
    by_metric: dict[str, list[str]] = {}
    for name in names:
        if _is_staged(name):
            by_metric.setdefault(name.partition("/")[2], []).append(name)
    monitor = runs[0]["monitor"] if runs else ""
    first = by_metric.pop(monitor.partition("/")[2], []) or [name for name in names if name == monitor]
    rates = [name for name in names if name == "lr" or name.startswith("lr/")]
    return [chart for chart in (first, *list(by_metric.values())[:MOST_METRICS], rates) if chart]


def _draw(axes: "Axes", runs: Sequence[dict[str, Any]], names: list[str], seeds: Sequence[dict[str, Any]]) -> None:
    in_groups = {index for group in seeds for index in group["runs"]}
    for index, run in enumerate(runs):
        own = [name for name in names if name in run["columns"]]  # another run may have a rate for each stage
        for name in own:
            dashes, colour = STAGES.get(name.partition("/")[0], ("-", names.index(name)))
            points, label = _points(run, run["columns"][name]), name if len(runs) == 1 else run["name"]
            named = len(runs) == 1 or (name == own[-1] and index < MOST_NAMED)
            axes.plot(
                *zip(*points, strict=True) if points else ((), ()),
                linestyle=dashes,
                color=COLOURS[(colour if len(runs) == 1 else index) % len(COLOURS)],
                linewidth=1.3,
                alpha=0.5 if index in in_groups else 1,
                marker="o" if len(points) == 1 else None,
                markersize=4,
                label=_plain(label) if named else None,
            )
    for group in seeds:
        for name in names:
            found = group["columns"].get(name, {"mean": (), "std": ()})
            mean = [
                (e, m, s or 0.0)
                for e, (m, s) in enumerate(zip(found["mean"], found["std"], strict=True))
                if m is not None
            ]
            if mean:
                epochs, middle, std = zip(*mean, strict=True)
                dashes, _ = STAGES.get(name.partition("/")[0], ("-", 0))
                axes.plot(epochs, middle, color="black", linewidth=1.8, linestyle=dashes)
                low, high = ([m + sign * s for m, s in zip(middle, std, strict=True)] for sign in (-1, 1))
                axes.fill_between(epochs, low, high, color="black", alpha=0.12, linewidth=0)
    axes.set_title(_plain(names[0].partition("/")[2] if _is_staged(names[0]) else names[0]), fontsize=10)
    axes.set_xlim(-0.5, max([1, *(len(run["columns"].get("epoch", ())) for run in runs)]) - 0.5)
    axes.locator_params(axis="x", integer=True)
    axes.set_xlabel(f"{UNITS[runs[0].get('unit', 'epoch')]}, counted from 0", fontsize=8)
    axes.tick_params(labelsize=8)
    axes.grid(alpha=0.3, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)


def _mark(axes: "Axes", run: dict[str, Any], is_first: bool) -> None:
    low, high = axes.get_ylim()
    if count := run["recommended_epochs"]:
        axes.axvspan(count["low"] - 1.2, count["high"] - 0.8, color=COLOURS[2], alpha=0.13, linewidth=0)
    for event in run["events"][:MOST_NAMED]:
        axes.axvline(event["epoch"], color="grey", linewidth=0.8, linestyle=":")
        if is_first:
            axes.text(
                event["epoch"], high, _plain(event["name"]), rotation=90, va="top", ha="right", fontsize=7, color="grey"
            )
    ahead = run["forecast"]
    if is_first and ahead and not ahead["reason"]:
        axes.plot(
            ahead["epochs"], ahead["score"], color=COLOURS[0], linestyle=":", linewidth=1.3, label="forecast, 80 %"
        )
        axes.fill_between(ahead["epochs"], ahead["low"], ahead["high"], color=COLOURS[0], alpha=0.15, linewidth=0)
        axes.set_xlim(-0.5, ahead["epochs"][-1] + 0.5)
        room = 0.3 * (high - low)  # a wide band must not press the curve flat
        axes.set_ylim(max(axes.get_ylim()[0], low - room), min(axes.get_ylim()[1], high + room))
    if run["best_epoch"] is not None:
        axes.axvline(run["best_epoch"], color="black", linewidth=0.8)
        if is_first and run["best_score"] is not None:
            label = f"best: epoch {run['best_epoch']} (from 0), {told(run['best_score'], run.get('digits') or LEAST)}"
            axes.plot(run["best_epoch"], run["best_score"], "o", color=COLOURS[0], markerfacecolor="white", label=label)


def _points(run: dict[str, Any], column: Sequence[float | None]) -> list[tuple[float, float]]:
    epochs = run["columns"].get("epoch") or range(len(column))
    return [(epoch, _drawable(value)) for epoch, value in zip(epochs, column, strict=True) if value is not None]


def _drawable(value: float) -> float:
    return min(max(value, -1e30), 1e30)  # sums and products of an axis's ends must stay finite


def _plain(text: Any) -> str:
    """One short line in which no dollar begins a formula."""
    line = " ".join(str(text).encode("utf-8", "replace").decode().split())
    return (line if len(line) <= 80 else f"{line[:79]}…").replace("$", r"\$")
