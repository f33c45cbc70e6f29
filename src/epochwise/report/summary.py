"""A report in at most twelve lines of a terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.markup import escape
from rich.table import Table

from epochwise.epochs.named_epoch import named_epoch
from epochwise.report.next_time import is_unsettled, next_time

MOST_ROWS = 7  # of runs: the rest is in the page


def summarise(run: Mapping[str, Any]) -> dict[str, str]:
    """One run in named lines.

    Args:
        run: of a document.

    Returns:
        Name -> text, nine at most.
    """
    lines = {"run": f"{run['name']}: {run['epochs_run']} epochs"}
    if run["best_epoch"] is not None and run["best_score"] is not None:
        named = named_epoch(int(run["best_epoch"]), run["epochs_run"])
        lines["best epoch"] = f"{named} ({run['monitor']} {run['best_score']:.4f})"
    lines["verdict"] = f"{run['verdict']['label'].replace('_', ' ')}: {run['verdict']['reason']}"
    if run["recommended_epochs"]:
        lines["next time"] = next_time(run)
    replays = [f"{_setting(one, run['replay'])}: {_stop(one)}" for one in run["replay"]]
    for start in range(0, min(len(replays), 8), 4):
        lines["replay" if start == 0 else ""] = " · ".join(replays[start : start + 4])
    if len(replays) > 8:
        lines[""] += f" · and {len(replays) - 8} more"
    lines["more epochs"] = _ahead(run["forecast"])
    if run["next"]:
        lines["try"] = f"{run['next'][0]['command']}   # {run['next'][0]['reason']}"
    elif is_unsettled(run):
        lines["try"] = "several counts, each with a schedule of its own: their scores settle it"
    return lines


def _setting(one: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> str:
    """What tells a setting from the others of its table."""
    names = ("min_delta", "start_epoch", "min_epochs")
    unlike = [name for name in names if one[name] or len({other[name] for other in table}) > 1]
    return " ".join([f"patience {one['patience']}", *(f"{name} {one[name]:g}" for name in unlike)])


def _stop(one: Mapping[str, Any]) -> str:
    if one["stops_at_epoch"] is None:
        return "never"
    lost = f", {one['lost']:.3g} lost" if one["lost"] else ""
    return f"{one['epochs']} epochs{lost}"


def _ahead(forecast: Mapping[str, Any]) -> str:
    if forecast["reason"]:
        return str(forecast["reason"])
    price = "" if forecast["seconds"] is None else f" for {forecast['seconds']:.0f} s"
    gain, low, high = (forecast[key] for key in ("gain", "gain_low", "gain_high"))
    return f"{len(forecast['epochs'])} more{price} would gain {gain:.3g} (80 %: {low:.3g} to {high:.3g})"


def summary_table(document: Mapping[str, Any]) -> Table:
    """Several runs, a row each, and one for each group of seeds.

    Args:
        document: see ``make_document``.
    """
    runs, groups = document["runs"], document["seeds"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("run", "epochs", "best epoch (from 0)", runs[0]["monitor"], "recommended", "verdict"):
        table.add_column(name, justify="left" if name in ("run", "verdict") else "right", no_wrap=name != "run")
    for run in runs[: MOST_ROWS - len(groups)]:
        table.add_row(
            escape(run["name"]),
            str(run["epochs_run"]),
            "" if run["best_epoch"] is None else str(run["best_epoch"]),
            "" if run["best_score"] is None else f"{run['best_score']:.4f}",
            _band(run),
            run["verdict"]["label"].replace("_", " "),
        )
    for group in groups[:3]:
        means = [_spread(group[key], digits) for key, digits in (("best_epoch", 1), ("best_score", 4))]
        table.add_row(escape(group["name"]), "", *means, _band(group), "mean ± std")
    return table


def _band(one: Mapping[str, Any]) -> str:
    count = one["recommended_epochs"]
    if count and count.get("at_least"):
        return f">= {count['value']}"
    return f"{count['value']} ({count['low']}-{count['high']})" if count else ""


def _spread(value: Mapping[str, float | None], digits: int) -> str:
    mean, std = value["mean"], value["std"]
    return "" if mean is None else f"{mean:.{digits}f}" + ("" if std is None else f" ± {std:.{digits}f}")
