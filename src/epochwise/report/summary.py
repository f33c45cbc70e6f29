"""Runs in a few lines: what a terminal shows of one, and of several."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import JustifyMethod
from rich.markup import escape
from rich.table import Table

from epochwise.logs.log import UNITS
from epochwise.report.digits import LEAST, told
from epochwise.report.terminal import is_least, is_unsettled, named_epoch, next_time

#: Of the runs of a sweep, and of whatever tools' runs in a folder: the rest is in the page.
MOST_ROWS, MOST_ROWS_OF_TOOLS = 7, 100


def shown_rows(document: Mapping[str, Any]) -> int:
    """How many runs ``summary_table`` shows."""
    is_own = all(run.get("tool") in (None, "Epochwise") for run in document["runs"])
    most = MOST_ROWS if is_own else MOST_ROWS_OF_TOOLS
    return min(len(document["runs"]), most - len(document["seeds"]))


def summarise(run: Mapping[str, Any]) -> dict[str, str]:
    """One run in named lines.

    Args:
        run: of a document.

    Returns:
        Name -> text, nine at most.
    """
    lines = {"run": f"{run['name']}: {_length(run)}"}
    if run["best_epoch"] is not None and run["best_score"] is not None:
        named = named_epoch(int(run["best_epoch"]), run["epochs_run"])
        lines["best epoch"] = f"{named} ({run['monitor']} {_best_score(run)}){_after(run)}"
    lines["verdict"] = f"{run['verdict']['label'].replace('_', ' ')}: {run['verdict']['reason']}"
    if run["recommended_epochs"]:
        lines["next time"] = next_time(run)
    replays = [f"{_setting(one, run['replay'])}: {_stop(one)}" for one in run["replay"]]
    for start in range(0, min(len(replays), 8), 4):
        lines["replay" if start == 0 else ""] = " · ".join(replays[start : start + 4])
    if len(replays) > 8:
        lines[""] += f" · and {len(replays) - 8} more"
    lines["more epochs"] = _ahead(run["forecast"])
    also = [f"{name} {told(value)} at {row}" for name, (row, value) in (run.get("also_best") or {}).items()]
    if also:
        lines["also best"] = " · ".join(also[:MOST_ALSO]) + (
            f" · and {len(also) - MOST_ALSO} more" * (len(also) > MOST_ALSO)
        )
    if run["next"]:
        lines["try"] = f"{run['next'][0]['command']}   # {run['next'][0]['reason']}"
    elif is_unsettled(run):
        lines["try"] = "several counts, each with a schedule of its own: their scores settle it"
    return _in_units(lines, run.get("unit", "epoch"))


MOST_ALSO = 3


def _length(run: Mapping[str, Any]) -> str:
    """``50 epochs``, and what was not measured."""
    count, known = run["epochs_run"], run.get("num_epochs")
    text = f"{count:,} epoch{'' if count == 1 else 's'}"
    if run.get("unit") == "evaluation":
        text += f" in {known:,} EPOCHS" if known else "; of EPOCHS it says nothing"
    elif run.get("unit") == "step":
        text += " of steps; of EPOCHS it says nothing"
    if run["monitor"].startswith("train/") or run["monitor"] == "train":
        text += "; no validation: training alone is judged"
    return text


def _after(run: Mapping[str, Any]) -> str:
    """Of an evaluation, after how many epochs it came."""
    done, best = run.get("epochs_done"), run["best_epoch"]
    return f", after {done[int(best)]:.3g} EPOCHS" if done and int(best) < len(done) else ""


def _in_units(lines: dict[str, str], unit: str) -> dict[str, str]:
    """Speak of rounds where rows are rounds of boosting, of evaluations where they are these."""
    word = UNITS[unit]
    if unit != "epoch":
        names = {name: name.replace("epoch", word) for name in lines}
        lines = {names[name]: text.replace("epoch", word) for name, text in lines.items() if name != "run"} | {
            names["run"]: lines["run"].replace(" epoch", f" {word}")
        }
        lines = {"run": lines.pop("run")} | lines
    return {name: text.replace("EPOCHS", "epochs") for name, text in lines.items()}


def _setting(one: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> str:
    """What tells a setting from the others of its table."""
    names = ("min_delta", "start_epoch", "min_epochs")
    unlike = [name for name in names if one[name] or len({other[name] for other in table}) > 1]
    of = {"min_delta": " of the best" if one.get("min_delta_mode") == "rel" else ""}
    return " ".join([f"patience {one['patience']}", *(f"{name} {one[name]:g}{of.get(name, '')}" for name in unlike)])


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
    more = forecast["epochs"][-1] - forecast["epochs"][0] + 1
    return f"{more:,} more{price} would gain {gain:.3g} (80 %: {low:.3g} to {high:.3g})"


def summary_table(document: Mapping[str, Any]) -> Table:
    """Several runs, a row each, and one for each group of seeds.

    Args:
        document: see ``make_document``.
    """
    runs, groups = document["runs"], document["seeds"]
    table = Table(box=None, pad_edge=False, header_style="bold")
    monitors = {run["monitor"] for run in runs}
    score = runs[0]["monitor"] if len(monitors) == 1 else "best score"
    tools = len({run.get("tool") for run in runs}) > 1
    for name in ("run", *["tool"] * tools, "epochs", "best epoch (from 0)", score, "recommended", "verdict"):
        # A name that is cut tells no run from another.
        justify: JustifyMethod = "left" if name in LEFT else "right"
        table.add_column(name, justify=justify, no_wrap=name != "run", overflow="fold" if name == "run" else "ellipsis")
    for run in runs[: shown_rows(document)]:
        table.add_row(
            escape(run["name"]),
            *[str(run.get("tool"))] * tools,
            f"{run['epochs_run']}{SHORT.get(run.get('unit', ''), '')}",
            "" if run["best_epoch"] is None else str(run["best_epoch"]),
            f"{'' if len(monitors) == 1 else run['monitor']} {_best_score(run)}".strip(),
            _band(run),
            run["verdict"]["label"].replace("_", " "),
        )
    for group in groups[:3]:
        means = [_spread(group[key], digits) for key, digits in (("best_epoch", 1), ("best_score", 4))]
        table.add_row(escape(group["name"]), *[""] * tools, "", *means, _band(group), "mean ± std")
    return table


def _best_score(run: Mapping[str, Any]) -> str:
    return "" if run["best_score"] is None else told(run["best_score"], run.get("digits") or LEAST)


LEFT = ("run", "tool", "verdict")
SHORT = {"round": " rounds", "evaluation": " evaluations", "step": " lines"}


def _band(one: Mapping[str, Any]) -> str:
    count = one["recommended_epochs"]
    if is_least(one):
        return f">= {count['value']}"
    return f"{count['value']} ({count['low']}-{count['high']})" if count else ""


def _spread(value: Mapping[str, float | None], digits: int) -> str:
    mean, std = value["mean"], value["std"]
    return "" if mean is None else f"{mean:.{digits}f}" + ("" if std is None else f" ± {std:.{digits}f}")
