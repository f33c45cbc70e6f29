"""Where early stopping would have ended a run that has been trained already."""

from dataclasses import dataclass

from epochwise.epochs.curve import Curve
from epochwise.input_error import InputError


@dataclass(frozen=True)
class Replay:
    """What one setting of early stopping would have made of a run.

    Args:
        patience: the setting, in epochs.
        min_delta: the setting, in the monitor's unit.
        start_epoch: the setting, from 0.
        min_epochs: the setting, a count.
        stops_at_epoch: the last epoch it would have trained, from 0; None where it never fires.
        epochs: trained in all.
        saved_epochs: of those that were trained, how many it would have spared.
        best_epoch: the best validated epoch until then, from 0: that of the best checkpoint. None without any.
        best_score: its score.
        lost: by how much the best score of the whole run is better, at least 0.
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


def replay(curve: Curve, patience: int, min_delta: float = 0.0, start_epoch: int = 0, min_epochs: int = 0) -> Replay:
    """Follow a run as ``stopping.early.Early`` would, epoch by epoch.

    It stops after the first validated epoch that lies at least ``patience`` epochs behind the last improvement. A
    divergence is no improvement, and each of its epochs counts as validated. A table of settings is a list of these.

    Args:
        curve: the run.
        patience: epochs without improvement, at least 1.
        min_delta: an improvement is larger than this, in the monitor's unit, at least 0.
        start_epoch: from which, from 0, scores are compared and patience counts; those before are not looked at.
        min_epochs: count of epochs after which patience counts.

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
    losses = dict(zip(curve.epochs.tolist(), curve.loss.tolist(), strict=True))
    last_measured = max(losses, default=-1)
    to_beat, improved_at, stops_at = float("inf"), start_epoch - 1, None
    for epoch in range(start_epoch, curve.num_epochs):
        if epoch not in losses and not (curve.ends_unmeasured and epoch > last_measured):
            continue
        if epoch in losses and to_beat - losses[epoch] > min_delta:
            to_beat, improved_at = losses[epoch], epoch
        if epoch - max(improved_at, min_epochs - 1) >= patience:
            stops_at = epoch
            break
    epochs = curve.num_epochs if stops_at is None else stops_at + 1
    best = min((epoch for epoch in losses if epoch < epochs), key=losses.__getitem__, default=None)
    return Replay(
        patience,
        min_delta,
        start_epoch,
        min_epochs,
        stops_at,
        epochs,
        curve.num_epochs - epochs,
        best,
        None if best is None else curve.score(losses[best]),
        None if best is None else losses[best] - min(losses.values()),
    )
