"""All that is shown of a ladder of counts, as plain values and words."""

from dataclasses import asdict
from math import isfinite
from typing import Any

import numpy as np

from epochwise.epochs.curve import columns_of
from epochwise.epochs.longer_counts import Doubling
from epochwise.epochs.score_over_counts import ScoreOverCounts, score_over_counts
from epochwise.ladder.ladder import Ladder
from epochwise.report.terminal import counted
from epochwise.run.epochs_csv import Row
from epochwise.run.run_folder import finite


def count_words(found: ScoreOverCounts) -> tuple[str, ...]:
    """Say which count is recommended, what twice as many would bring, and where the score turns or the ladder ends.

    Args:
        found: see ``score_over_counts``.

    Returns:
        Plain sentences, the answer first.
    """
    words = [_recommended(found)]
    if found.turn is not None:
        words.append(f"the score turns after {found.turn.count} ({found.turn.low} to {found.turn.high})")
    if len(found.counts) == 1:
        words.append("one count says nothing of others")
    elif found.next.is_measured or not found.ended_too_early:
        words.append(_brings(found.next, found.counts))
    if found.ended_too_early:
        words.append(f"the ladder ended too early: the best is its last count; {_brings(found.beyond, found.counts)}")
    if found.num_seeds == 1 and len(found.counts) > 1:
        words.append(
            "one seed: its noise is an estimate, from what a smooth course over the counts leaves"
            if isfinite(found.noise)
            else "one seed and fewer than four counts: the noise is unknown, so the best count is recommended"
        )
    return tuple(words)


def _recommended(found: ScoreOverCounts) -> str:
    place = found.counts.index(found.recommended)
    error = found.stderr[place]
    score = f"{found.monitor} {found.mean[place]:.4g}" + (f" ± {error:.2g}" if isfinite(error) else "")
    if found.recommended == found.best:
        why = "the best"
    else:
        why = f"the least within one standard error of the best, {found.best}"
    return f"recommended: {counted(found.recommended, 'epoch')} ({score}, {why})"


def _brings(twice: Doubling, counts: tuple[int, ...]) -> str:
    cost = f"{counted(twice.epochs, 'epoch')} more"
    if twice.seconds is not None:
        cost += f" ({twice.seconds:.2g} s)" if twice.seconds < 10 else f" ({twice.seconds:.0f} s)"
    if twice.gain is None:
        return f"what {twice.count} would bring is unknown; it costs {cost}"
    band = "" if twice.low is None else f" ({twice.low:.2g} to {twice.high:.2g})"
    verb = "brought" if twice.count in counts else "would bring about"  # on a line between two that were run, or ahead
    return f"{twice.count} {verb} {twice.gain:.2g}{band} for {cost}"


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
                words.append(f"by {name} it would be {counted(count, 'epoch')}")
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
