"""Which score of a log decides."""

from pathlib import Path

from epochwise.epochs.epoch_table import EpochTable
from epochwise.input_error import InputError
from epochwise.logs.columns import plain_name, stage_and_score
from epochwise.logs.directions import direction_of
from epochwise.logs.log import Log

#: What is there beside scores.
NO_SCORES = ("epoch", "step", "samples", "seconds", "events", "lr")


def choose_score(path: Path, log: Log, asked: str | None, own: str | None = None) -> str:
    """Name the column that decides.

    Args:
        path: of the log, for messages.
        log: what it holds.
        asked: a score by its name in the file or by ours; case does not matter.
        own: the score that the run itself went by.

    Returns:
        What was asked for; else the run's own; else what the tool goes by; else the loss of validation, a score of
        validation with a known direction, the loss of training.

    Raises:
        InputError: no such column, or nothing says which one decides.
    """
    scores = scores_of(log)
    if asked:
        return _asked(path, log, asked, scores)
    if own:
        return own
    if log.monitor in scores:
        return str(log.monitor)
    for stage in ("val", "train"):
        staged = [score for score in scores if score.startswith(f"{stage}/")]
        losses = [score for score in staged if score == f"{stage}/loss"] or [
            score for score in staged if score.endswith("loss")
        ]
        known = [score for score in staged if direction_of(score) or score in log.modes]
        if losses or known:
            return (losses or known)[0]
    if scores:
        staged = [score for score in scores if score.startswith("val/")] or scores
        one = next((score for score in staged if direction_of(score)), staged[0])
        mode = "max" if direction_of(one) == "max" else "min" if direction_of(one) else "min|max"
        said = f"nothing in {path} says which score decides; for example monitor={one} mode={mode}"
        raise InputError(f"monitor: {said}, allowed: {', '.join(scores)}")
    raise InputError(f"monitor: {path} has no scores, allowed: a log with a loss or a metric an epoch")


def scores_of(log: Log) -> list[str]:
    """The columns that can decide, those of validation first."""
    names = [name for name in log.rows.columns if name not in NO_SCORES and not name.startswith(("lr/", "seconds/"))]
    order = {"val": 0, "train_eval": 2, "train": 2}
    return sorted(names, key=lambda name: order.get(name.partition("/")[0], 1))


def _asked(path: Path, log: Log, asked: str, scores: list[str]) -> str:
    stage, score = stage_and_score(asked)
    for wanted in (log.names.get(asked), asked, f"{stage}/{score}" if stage else None):
        if wanted in scores:
            return str(wanted)
    bare = [(one.removeprefix("val/"), one) for one in scores if one.startswith("val/")]
    named = {plain_name(name): ours for name, ours in [*bare, *log.names.items(), *((one, one) for one in scores)]}
    if (found := named.get(plain_name(asked))) in scores:
        return str(found)
    near = InputError.closest(asked, [*scores, *log.names])
    raise InputError(
        f"monitor: got {asked!r}, which is no column of {path}, allowed: {', '.join(scores) or 'none'}{near}"
    )


def with_training(rows: EpochTable, chosen: str) -> EpochTable:
    """Beside a loss on one of several evaluation sets (Hugging Face's ``eval_<set>_loss``) stands the training loss."""
    beside, columns = chosen.replace("val/", "train/", 1), rows.columns
    if not (chosen.startswith("val/") and chosen.endswith("_loss")) or beside in columns or "train/loss" not in columns:
        return rows
    if "val/loss" in columns or any(name.startswith("train/") and name.endswith("_loss") for name in columns):
        return rows
    return EpochTable({beside if name == "train/loss" else name: values for name, values in columns.items()})
