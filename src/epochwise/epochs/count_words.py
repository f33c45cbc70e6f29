"""What the scores over counts say, in sentences."""

from math import isfinite

from epochwise.epochs.longer_counts import Doubling
from epochwise.epochs.score_over_counts import ScoreOverCounts


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
    return f"recommended: {found.recommended} epochs ({score}, {why})"


def _brings(twice: Doubling, counts: tuple[int, ...]) -> str:
    cost = f"{twice.epochs} epochs more"
    if twice.seconds is not None:
        cost += f" ({twice.seconds:.2g} s)" if twice.seconds < 10 else f" ({twice.seconds:.0f} s)"
    if twice.gain is None:
        return f"what {twice.count} would bring is unknown; it costs {cost}"
    band = "" if twice.low is None else f" ({twice.low:.2g} to {twice.high:.2g})"
    verb = "brought" if twice.count in counts else "would bring about"  # on a line between two that were run, or ahead
    return f"{twice.count} {verb} {twice.gain:.2g}{band} for {cost}"
