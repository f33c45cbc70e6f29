"""All that is shown of a ladder of counts, as plain values."""

from dataclasses import asdict
from typing import Any

import numpy as np

from epochwise.epochs.count_words import count_words
from epochwise.epochs.curve import columns_of
from epochwise.epochs.score_over_counts import ScoreOverCounts, score_over_counts
from epochwise.ladder.ladder import Ladder
from epochwise.run.epochs_csv import Row
from epochwise.run.finite import finite


def counts_document(ladder: Ladder, found: ScoreOverCounts) -> dict[str, Any]:
    """Gather what ``counts.json`` holds, and the picture and the page show; what is not finite becomes None.

    Args:
        ladder: what was measured.
        found: what it says.

    Returns:
        The fields of ``found`` (columns (C,) each), ``words``, ``steps`` and ``seconds`` (C,), ``seeds``, ``scores``
        (name -> S rows of C), ``trunk`` (the monitor after each epoch of it, mean over seeds), ``failed`` (job ->
        reason) and ``test`` (name -> ``mean``, ``stderr`` and ``scores`` of each seed, at the recommended count; None
        before it was scored).
    """
    trunks = [rows for rows in ladder.trunks if rows]
    columns = columns_of(trunks, ladder.monitor) if trunks else np.empty((1, 0))
    common = columns[:, : min(map(len, trunks), default=0)]  # a mean over fewer seeds would jump
    document = asdict(found) | {
        "words": [*count_words(found), *_by_others(ladder, found)],
        "steps": ladder.steps.tolist(),
        "seconds": ladder.seconds.tolist(),
        "seeds": list(ladder.seeds),
        "scores": {name: scores.tolist() for name, scores in ({ladder.monitor: ladder.scores} | ladder.others).items()},
        "trunk": common.mean(axis=0).tolist(),
        "failed": dict(ladder.failed),
        "test": None,
    }
    if ladder.test is not None:
        document["test"] = {name: _over_seeds(scores) for name, scores in ladder.test.items()}
    plain: dict[str, Any] = finite(document)
    return plain


def _by_others(ladder: Ladder, found: ScoreOverCounts) -> list[str]:
    """A sentence for each other score by which another count would do."""
    words = []
    for name, mode in ladder.modes.items():
        if name in ladder.others and np.isfinite(ladder.others[name]).any():
            count = score_over_counts(ladder.counts, ladder.others[name], mode).recommended
            if count != found.recommended:
                words.append(f"by {name} it would be {count} epochs")
    return words


def count_rows(document: dict[str, Any]) -> list[Row]:
    """``counts.csv``: a row a count; what it cost, what it scored, and each seed's score.

    Args:
        document: see ``counts_document``.
    """
    monitor, seeds = document["monitor"], document["seeds"]
    rows: list[Row] = []
    for place, count in enumerate(document["counts"]):
        row: Row = {"count": count}
        row |= {name: document[name][place] for name in ("steps", "seconds", "price_epochs")}
        row |= {monitor: document["mean"][place]}
        row |= {name: document[name][place] for name in ("stderr", "gain", "gain_stderr")}
        for name, scores in document["scores"].items():
            if name != monitor:
                row[name] = _mean([scores[index][place] for index in range(len(seeds))])
        row |= {f"{monitor} seed={seed}": document["scores"][monitor][index][place] for index, seed in enumerate(seeds)}
        rows.append(row)
    return rows


def _mean(scores: list[float | None]) -> float | None:
    known = [score for score in scores if score is not None]
    return float(np.mean(known)) if known else None


def _over_seeds(scores: list[float]) -> dict[str, Any]:
    stderr = float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else None
    return {"mean": _mean(list(scores)), "stderr": stderr, "scores": list(scores)}
