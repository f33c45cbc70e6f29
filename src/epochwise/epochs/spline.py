"""A spline of few knots through a curve of any length."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: More points are drawn as the means of so many blocks.
MOST_POINTS = 1000
#: Their noise lasts no longer than one, so the spline may bend more.
KNOTS_OF_BLOCKS = 16


def spline_course(
    epochs: NDArray[np.int64], loss: Floats, span: float, left_out: NDArray[np.bool_]
) -> tuple[Floats, int, float]:
    """Fit a natural cubic spline with little heed to outliers; see ``smooth``.

    Args:
        epochs: (n,) ascending, from 0.
        loss: (n,) finite; n at least 4.
        span: E, of the whole curve.
        left_out: (n,) scores that are none of the course; where many are drawn as blocks, they stay in.

    Returns:
        (n,) the course, its degrees of freedom, and its standard error at the end in noise widths of single scores.
    """
    x, y, size = means_of_blocks(np.log(epochs + 1 + 0.01 * span), loss)
    basis = _natural_spline(x, knots=min(6, 2 + len(y) // 4) if size == 1 else KNOTS_OF_BLOCKS)
    allowed = np.where(left_out, 1e-12, 1.0) if size == 1 else np.ones(len(y))
    weights = allowed
    for _ in range(8 if size == 1 else 3):
        root = np.sqrt(weights)[:, None]
        # (knots, n): losses to the spline's coefficients; of blocks, by the quicker way that is exact enough for them.
        inverse = np.linalg.pinv(root * basis) if size == 1 else np.linalg.solve(_gram(root * basis), root.T * basis.T)
        solver = inverse * root.T
        residuals = y - basis @ (solver @ y)
        scale = 1.4826 * np.median(np.abs(residuals)) + 1e-12 * (1 + np.abs(y).max())
        weights = np.minimum(allowed, 2 * scale / np.maximum(np.abs(residuals), 1e-300))
    course = y - residuals
    if size > 1:
        course = np.interp(np.log(epochs + 1 + 0.01 * span), x, course)
    return course, basis.shape[1], float(np.linalg.norm(basis[-1] @ solver) / np.sqrt(size))


def _gram(basis: Floats) -> Floats:
    gram: Floats = basis.T @ basis
    return gram + 1e-12 * np.trace(gram) * np.eye(len(gram))


def means_of_blocks(x: Floats, loss: Floats, most: int = MOST_POINTS) -> tuple[Floats, Floats, float]:
    """Means over at most so many blocks of neighbours, and how many points one has on average."""
    if len(loss) <= most:
        return x, loss, 1.0
    starts = np.linspace(0, len(loss), most, endpoint=False).astype(np.intp)
    sizes = np.diff(starts, append=len(loss))
    return np.add.reduceat(x, starts) / sizes, np.add.reduceat(loss, starts) / sizes, len(loss) / most


def _natural_spline(x: Floats, knots: int) -> Floats:
    """(n, knots) values at x of a basis of the cubic splines that are straight beyond the outer knots."""
    x = (x - x[0]) / (x[-1] - x[0])
    at = np.linspace(0, 1, knots)

    def bend(k: int) -> Floats:
        cube: Floats = np.maximum(x - at[k], 0) ** 3 - np.maximum(x - at[-1], 0) ** 3
        return cube / (at[-1] - at[k])

    return np.stack([np.ones_like(x), x, *(bend(k) - bend(knots - 2) for k in range(knots - 2))], axis=1)
