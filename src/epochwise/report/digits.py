"""With how many digits a score is shown: as many as tell its best epoch from the others."""

from math import floor, log10

import numpy as np
from numpy.typing import ArrayLike

LEAST, MOST = 4, 7


def significant_digits(scores: ArrayLike, best: float) -> int:
    """The fewest digits with which the best score reads unlike those of the epochs beside it, and the second best.

    Args:
        scores: (E,) of a column; NaN and inf are none.
        best: its best score.

    Returns:
        In [4, 7].
    """
    known = np.asarray(scores, dtype=np.float64)
    known = known[np.isfinite(known)]
    if not len(known) or not np.isfinite(best):
        return LEAST
    at = int(np.argmin(np.abs(known - best)))
    unlike = known[known != known[at]]
    if not len(unlike):
        return LEAST
    beside = known[max(at - 1, 0) : at + 2]
    others = {float(unlike[np.argmin(np.abs(unlike - best))]), *beside[beside != known[at]].tolist()}
    fitting = (
        digits for digits in range(LEAST, MOST) if all(told(best, digits) != told(other, digits) for other in others)
    )
    return next(fitting, MOST)


def told(score: float, digits: int = LEAST) -> str:
    """``0.0004867``, ``0.9340``, ``12.3457``, ``20,740,904``: four decimals at least, of what is below 10,000.

    Args:
        score: finite or not.
        digits: significant ones, at least.
    """
    size = abs(score)
    if not np.isfinite(score) or (size != 0 and not 1e-5 <= size < 1e15):
        return f"{score:.{digits - 1}e}" if np.isfinite(score) else str(score)
    decimals = max(digits - 1 - floor(log10(size)), 0) if size else 4
    return f"{score:,.{decimals}f}" if size >= 1e4 else f"{score:.{max(decimals, 4)}f}"
