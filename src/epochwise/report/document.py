"""All that is shown of runs, as plain values."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from epochwise.epochs.analysis import ReplayTable, analyse
from epochwise.epochs.curve import column_of
from epochwise.report.digits import LEAST, significant_digits
from epochwise.report.read_runs import ReportRun
from epochwise.report.run_columns import best_of, events_of, plain_number, shown_columns, source_of
from epochwise.report.seed_groups import SeedGroup, seed_groups, told_apart
from epochwise.report.terminal import next_commands
from epochwise.run.run_folder import finite


def find_out(run: ReportRun, replays: ReplayTable | None = None, more_epochs: int | None = None) -> dict[str, Any]:
    """Judge a run by its curves, and by the reference scores that its ``result.json`` has; see ``analyse``."""
    names = ("chance", "ideal", "neighbours")
    known = [run.result.get(key) if run.result.get("monitor") == run.monitor else None for key in names]
    chance, ideal, neighbours = (float(value) if isinstance(value, (int, float)) else None for value in known)
    return analyse(
        run.rows, run.monitor, run.mode, chance, ideal, run.settings or None, replays, more_epochs, neighbours
    )


def make_document(
    title: str, runs: Sequence[ReportRun], findings: Sequence[Mapping[str, Any]], made: datetime
) -> dict[str, Any]:
    """Gather what is shown of runs; what is not finite becomes None.

    Args:
        title: of the report.
        runs: one or more.
        findings: what ``epochs.analysis.analyse`` says of each.
        made: when.

    Returns:
        ``title``, ``made``, ``runs`` (``name``, ``folder``, ``columns``: name -> E values, ``events``, the fields of
        ``result.json``, ``digits`` of the best score, ``findings``, ``next``: commands) and ``seeds`` (``name``,
        ``runs``, ``columns``, ``recommended_epochs``, and ``mean`` and ``std`` of ``best_score``, ``best_epoch`` and
        of each of ``test``), and ``pictures``, of one run: a PNG in base64.
    """
    apart = told_apart([run.settings for run in runs])
    told = [_run(run, found, text) for run, found, text in zip(runs, findings, apart, strict=True)]
    document = {
        "title": title,
        "made": f"{made:%Y-%m-%d %H:%M}",
        "runs": told,
        # Of one run alone: a page is to stay below 1 MB.
        "pictures": b64encode(runs[0].pictures).decode() if len(runs) == 1 and runs[0].pictures else None,
        "seeds": [_seeds(group, told, apart) for group in seed_groups(runs)],
    }
    plain: dict[str, Any] = finite(document)
    return plain


def _run(run: ReportRun, found: Mapping[str, Any], apart: str) -> dict[str, Any]:
    columns, every = shown_columns(run)
    best = best_of(run)
    own = run.result.get("monitor") == run.monitor  # else best and test are of another score's best
    result = {key: run.result.get(key) if own else None for key in ("best_epoch", "best_score", "tested_epoch")}
    plan, phases, test = (run.result.get(key) for key in ("plan", "phases", "test"))
    seconds = [value for value in columns.get("seconds", ()) if value is not None]
    last_step = [value for value in columns.get("step", ()) if value is not None][-1:]
    return {
        "name": f"{run.name} {apart}".rstrip(),
        "folder": str(run.folder),
        "table": str(run.table),
        "monitor": run.monitor,
        "mode": run.mode,
        "columns": columns,
        "every": every,
        "events": events_of(run),
        "status": _text(run.result.get("status")),
        "reason": _text(run.result.get("reason")),
        **source_of(run),
        "epochs_run": len(run.rows),
        "steps": last_step[0] if last_step else None,
        "seconds": plain_number(run.result.get("seconds")) or (sum(seconds) if seconds else None),
        "best_epoch": best.get("epoch") if result["best_epoch"] is None else plain_number(result["best_epoch"]),
        "best_score": best.get(run.monitor) if result["best_score"] is None else plain_number(result["best_score"]),
        "digits": _digits(run, best.get(run.monitor)),
        "tested_epoch": plain_number(run.result.get("tested_epoch")),
        "test": _numbers(test),
        "phases": _numbers(phases) or None,
        "plan": plan if isinstance(plan, dict) and isinstance(plan.get("landmarks"), list) else None,
        "notes": list(run.notes),
        **{key: found[key] for key in ("verdict", "recommended_epochs", "schedule_end", "replay", "forecast")},
        "next": next_commands(run.result, run.folder, found, bool(run.settings)),
    }


def _digits(run: ReportRun, best: Any) -> int:
    """How many tell the best score from the others."""
    return LEAST if plain_number(best) is None else significant_digits(column_of(run.rows, run.monitor), best)


def _seeds(group: SeedGroup, runs: list[dict[str, Any]], apart: list[str]) -> dict[str, Any]:
    members = [runs[index] for index in group.runs]
    setting = " ".join(word for word in apart[group.runs[0]].split() if not word.startswith(f"{group.by}="))
    scores = [name for name in members[0]["test"] if all(name in member["test"] for member in members)]
    return {
        "name": f"{setting}{': ' * bool(setting)}{len(members)} {group.by.rpartition('.')[2]}s",
        "runs": list(group.runs),
        "columns": group.columns,
        "recommended_epochs": group.recommended_epochs,
        "best_score": _spread([member["best_score"] for member in members]),
        "best_epoch": _spread([member["best_epoch"] for member in members]),
        "test": {name: _spread([member["test"][name] for member in members]) for name in scores},
    }


def _spread(values: Sequence[float | None]) -> dict[str, float | None]:
    known = [value for value in values if value is not None]
    return {
        "mean": float(np.mean(known)) if known else None,
        "std": float(np.std(known, ddof=1)) if len(known) > 1 else None,
    }


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _numbers(values: Any) -> dict[str, float]:
    values = values if isinstance(values, dict) else {}
    return {name: value for name, value in values.items() if plain_number(value) is not None}
