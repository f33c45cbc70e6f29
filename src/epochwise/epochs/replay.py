"""What early stopping would have made of a run."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from epochwise.epochs.curve import Curve, Floats
from epochwise.input_error import InputError


@dataclass(frozen=True)
class Replay:
    """What one setting of early stopping would have made of a run.

    Args:
        patience: the setting, in epochs.
        min_delta: the setting.
        start_epoch: the setting, from 0.
        min_epochs: the setting, a count.
        stops_at_epoch: the last epoch it would have trained, from 0; None where it never fires.
        epochs: trained in all.
        saved_epochs: of those that were trained, how many it would have spared.
        best_epoch: the best validated epoch until then, from 0: that of the best checkpoint. None without any.
        best_score: its score.
        lost: by how much the best score of the whole run is better, at least 0.
        min_delta_mode: the setting: what ``min_delta`` is counted in.
    """

    patience: int
    min_delta: float
    start_epoch: int
    min_epochs: int
    stops_at_epoch: int | None
    epochs: int
    saved_epochs: int
    best_epoch: int | None
    best_score: float | None
    lost: float | None
    min_delta_mode: str = "abs"


def replay(
    curve: Curve,
    patience: int,
    min_delta: float = 0.0,
    start_epoch: int = 0,
    min_epochs: int = 0,
    min_delta_mode: Literal["abs", "rel"] = "abs",
) -> Replay:
    """Follow a run as ``stopping.early.Early`` would, epoch by epoch.

    It stops after the first validated epoch that lies at least ``patience`` epochs behind the last improvement. A
    divergence is no improvement, and each of its epochs counts as validated. A table of settings is a list of these.

    Args:
        curve: the run.
        patience: epochs without improvement, at least 1.
        min_delta: an improvement is larger than this, at least 0.
        start_epoch: from which, from 0, scores are compared and patience counts; those before are not looked at.
        min_epochs: count of epochs after which patience counts.
        min_delta_mode: ``"abs"``: ``min_delta`` is in the monitor's unit; ``"rel"``: a fraction of the best so far.

    Raises:
        InputError: a setting out of its range.

    Source:
        Prechelt 1998, https://doi.org/10.1007/3-540-49430-8_3, criterion UP; Keras's EarlyStopping, start_from_epoch.
    """
    for name, value, least in (
        ("patience", patience, 1),
        ("min_delta", min_delta, 0),
        ("start_epoch", start_epoch, 0),
        ("min_epochs", min_epochs, 0),
    ):
        if not value >= least:
            raise InputError(f"replay.{name}: got {value}, allowed: {least} or more")
    first = int(np.searchsorted(curve.epochs, start_epoch))
    checked = curve.epochs[first:]
    last = np.where(_improves(curve.loss[first:], min_delta, min_delta_mode == "rel"), checked, start_epoch - 1)
    if curve.ends_unmeasured:
        after = np.arange(max(int(curve.epochs[-1]) + 1 if len(curve.epochs) else 0, start_epoch), curve.num_epochs)
        checked, last = np.concatenate([checked, after]), np.concatenate([last, np.full(len(after), start_epoch - 1)])
    last = np.maximum.accumulate(last)
    due = np.flatnonzero(checked - np.maximum(last, min_epochs - 1) >= patience)
    stops_at = int(checked[due[0]]) if len(due) else None
    epochs = curve.num_epochs if stops_at is None else stops_at + 1
    trained = curve.loss[: np.searchsorted(curve.epochs, epochs)]
    best = int(np.argmin(trained)) if len(trained) else None
    return Replay(
        patience,
        min_delta,
        start_epoch,
        min_epochs,
        stops_at,
        epochs,
        curve.num_epochs - epochs,
        None if best is None else int(curve.epochs[best]),
        None if best is None else curve.score(curve.loss[best]),
        None if best is None else float(curve.loss[best] - curve.loss.min()),
        min_delta_mode,
    )


def _improves(loss: Floats, min_delta: float, relative: bool) -> NDArray[np.bool_]:
    """(n,) whether a score is an improvement: of those that are the lowest so far, the ones that the delta leaves."""
    is_lowest: NDArray[np.bool_] = loss < np.concatenate([[np.inf], np.minimum.accumulate(loss)[:-1]])
    if min_delta == 0 or not len(loss):
        return is_lowest
    places = np.flatnonzero(is_lowest)
    lowest, kept, at = loss[places].tolist(), [0], 0
    while (at := bisect_left(lowest, True, at, key=partial(_beats, lowest[at], min_delta, relative))) < len(lowest):
        kept.append(at)
    improves = np.zeros(len(loss), dtype=np.bool_)
    improves[places[kept]] = True
    return improves


def _beats(to_beat: float, min_delta: float, relative: bool, loss: float) -> bool:
    return to_beat - loss > min_delta * (abs(to_beat) if relative else 1.0)
