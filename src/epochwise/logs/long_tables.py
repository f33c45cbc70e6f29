"""Tables whose rows are not an epoch each: a row a split, a row a metric, several trainings told apart by a column."""

from typing import Any

import numpy as np
import pandas as pd

from epochwise.logs.cells import numbers
from epochwise.logs.columns import STAGE_OF, is_no_score, is_rate, place_of, plain_name, stage_and_score, words_of
from epochwise.logs.log_file import LogFile

#: Columns that say which training a row is of.
RUNS = {
    "fold", "fold_id", "k_fold", "kfold", "cv", "cv_fold", "run", "run_id", "run_name", "seed", "random_seed", "trial",
    "trial_id", "exp", "exp_name", "experiment", "experiment_name", "model", "model_name", "method", "algorithm",
    "classifier", "classifier_name", "network", "net", "arch", "architecture", "backbone", "optimizer", "optim",
    "config", "config_id", "config_name", "client", "client_id", "dataset", "dataset_name", "task", "subject",
    "subject_id", "variant",
}  # fmt: skip
#: Columns that say of which split a row's scores are; any other column does that holds nothing but names of splits.
SPLITS = {"phase", "split", "stage", "mode", "set", "subset", "partition", "type"}
METRICS, VALUES = {"metric", "metric_name", "key", "tag", "variable"}, {"value", "metric_value"}
MOST_TRAININGS, MOST_METRICS = 200, 200
#: Of rows in one training, how many may repeat an epoch: where it went on from a checkpoint.
AGAIN = 0.2


def is_long(file: LogFile) -> bool:
    """Whether a table of text has a column that says the split, the metric or the training of a row."""
    plain = {plain_name(name) for name in file.header}
    cells = {cell.strip(' "').lower() for line in file.first_lines[1:3] for cell in line.split(file.separator)}
    return bool(plain & (RUNS | SPLITS)) or bool(plain & METRICS and plain & VALUES) or bool(cells & set(STAGE_OF))


def unstacked(frame: pd.DataFrame) -> pd.DataFrame:
    """Give each split, and each metric, columns of its own.

    Args:
        frame: as it was read.

    Returns:
        The rows, each with its cells under ``train/loss``, ``val/loss`` or the name of the metric; those of one epoch
        stand together, and count themselves for each split where there is no epoch. The frame where nothing is to do.
    """
    splits = next((name for name in map(str, frame) if _is_splits(frame[name])), None)
    metric = next((name for name in map(str, frame) if plain_name(name) in METRICS and _is_text(frame[name])), None)
    value = next((name for name in map(str, frame) if plain_name(name) in VALUES), None)
    has_metrics = metric is not None and value is not None and frame[metric].nunique() <= MOST_METRICS
    if splits is None and not has_metrics:
        return frame
    stage = frame[splits].str.strip().str.lower().map(STAGE_OF) if splits is not None else None
    named = frame[metric].astype(str).str.strip() if has_metrics else None
    keys = pd.Series("", index=frame.index) if stage is None else stage
    columns: dict[str, pd.Series] = {}
    for name in map(str, frame):
        if name in (splits, metric if has_metrics else None):
            continue
        if named is not None and name == value:
            full = named if stage is None else stage.str.cat(named, sep="/")
            columns |= {str(one): frame[name].where(full == one) for one in full.dropna().unique()}
        elif stage is None or plain_name(name) in RUNS or place_of(name) or is_rate(name) or is_no_score(name):
            columns[name] = frame[name]
        else:
            columns |= {f"{one}/{name}": frame[name].where(stage == one) for one in stage.dropna().unique()}
    out = pd.DataFrame(columns)
    keys = keys if named is None else keys.str.cat(named, sep="/")
    epoch = next((name for name in map(str, out) if place_of(name) == "epoch"), None)
    if epoch is None and not any(place_of(name) == "step" for name in map(str, out)):
        runs = [name for name in map(str, out) if plain_name(name) in RUNS]
        epoch = "epoch"
        out[epoch] = out.assign(_key=keys).groupby([*runs, "_key"], dropna=False).cumcount()
    at = numbers(out[epoch]) if epoch is not None else pd.Series(dtype=float)
    if epoch is not None and at.groupby(keys).is_monotonic_increasing.all():
        return out.iloc[np.argsort(at.to_numpy(), kind="stable")].reset_index(drop=True)
    return out


def by_training(frame: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Part a table of several trainings.

    Args:
        frame: whose columns are scores and places; ``fold``, ``model``, ``seed`` and their like may say which training
            a row is of.

    Returns:
        Name and rows of each, as ``fold 2``; the whole without a name where it is one training.
    """
    epoch = next((name for name in map(str, frame) if place_of(name) == "epoch"), None)
    runs = [
        name for name in map(str, frame) if plain_name(name) in RUNS and 1 < frame[name].nunique() <= MOST_TRAININGS
    ]
    if not runs or (epoch is not None and not frame[epoch].duplicated().any()):
        return [("", frame)]
    groups = [(key, part) for key, part in frame.groupby(runs, sort=False, dropna=False)]
    if max(len(part) for _, part in groups) == 1 or (epoch is None and min(len(part) for _, part in groups) < 3):
        return [("", frame)]
    steps = [name for name in map(str, frame) if place_of(name) == "step"]
    again = sum(int(part.duplicated([epoch, *steps]).sum()) for _, part in groups) if epoch is not None else 0
    if len(groups) > MOST_TRAININGS or (not _has_lines(frame) and again > AGAIN * len(frame)):
        return [("", frame)]
    return [
        (", ".join(f"{plain_name(name)} {_short(value)}" for name, value in zip(runs, key, strict=True)), part)
        for key, part in groups
    ]


def labels_of(frame: pd.DataFrame) -> str | None:
    """The column that names each row, where rows are models, folds or data sets and not epochs; else None."""
    each = [name for name in map(str, frame) if plain_name(name) in RUNS and len(frame) > 1 and frame[name].is_unique]
    if each:
        return str(each[0])
    if any(
        place_of(name) in ("epoch", "step") and plain_name(name) not in ("epochs", "num_epoch")
        for name in map(str, frame)
    ):
        return None
    texts = [name for name in map(str, frame) if _is_text(frame[name]) and not is_no_score(name)]
    runs = [name for name in texts if plain_name(name) in RUNS and (frame[name].nunique() > 1 or len(frame) == 1)]
    first = [name for name in texts if name == frame.columns[0] and len(frame) > 1 and frame[name].is_unique]
    return next(iter([*runs, *first]), None)


def histories(document: Any) -> dict[str, Any]:
    """The histories of several trainings in one JSON document, by their names; none where it is of one.

    ``{"fold_1": {"train_loss": [...], "val_loss": [...]}, "fold_2": ...}``, the same below a key ``history``, or a list
    of them.
    """
    if isinstance(document, dict):
        found = {str(name): _history(value) for name, value in document.items() if not _has_stage(str(name))}
    elif isinstance(document, list):
        found = {_name_of(value) or f"training {place}": _history(value) for place, value in enumerate(document, 1)}
    else:
        return {}
    found = {name: history for name, history in found.items() if history is not None}
    return found if len(found) > 1 and len(found) <= MOST_TRAININGS else {}


def _history(value: Any) -> dict[str, Any] | None:
    """What holds lists of scores of training or validation, itself or below ``history``."""
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("history"), dict):
        return _history(value["history"])
    lists = [name for name, cells in value.items() if isinstance(cells, list) and cells and _are_numbers(cells)]
    return value if any(name == "loss" or stage_and_score(name)[0] in ("train", "val") for name in lists) else None


def _name_of(value: Any) -> str:
    told = value.items() if isinstance(value, dict) else ()
    own = [(plain_name(name), one) for name, one in told if isinstance(one, (str, int, float))]
    return ", ".join(f"{name} {_short(one)}" for name, one in own if name in RUNS)


def _has_stage(name: str) -> bool:
    return any(word in STAGE_OF for word in words_of(name))


def _are_numbers(cells: list[Any]) -> bool:
    return all(isinstance(one, (int, float)) or one is None for one in cells)


def _short(value: Any) -> str:
    is_whole = isinstance(value, (float, np.floating)) and float(value).is_integer()
    return str(int(value)) if is_whole else str(value)[:60]


def _is_text(cells: pd.Series) -> bool:
    """Whether cells are words: none of them is a number, a time or a date."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return False
    words = pd.unique(cells.dropna())
    return bool(len(words)) and all(isinstance(word, str) and word.strip()[:1].isalpha() for word in words)


def _is_splits(cells: pd.Series) -> bool:
    """Whether cells are the names of splits, one at least of training or validation."""
    if not _is_text(cells):
        return False
    stages = set(cells.dropna().str.strip().str.lower().map(STAGE_OF).fillna(""))
    return "" not in stages and bool(stages & {"train", "val"})


def _has_lines(frame: pd.DataFrame) -> bool:
    """Whether an epoch has several lines, each with cells that the others lack."""
    scores = [name for name in map(str, frame) if "/" in str(name)]
    return bool(scores) and bool(frame[scores].isna().any(axis=1).mean() > 0.5)
