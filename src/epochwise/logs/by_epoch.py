"""From the lines of a log to one row an epoch."""

from dataclasses import replace

import numpy as np
import pandas as pd

from epochwise.epochs.epoch_table import EpochTable
from epochwise.input_error import InputError
from epochwise.logs.log import Log, ToolLog

MOST_EPOCHS = 2_000_000
#: By how much an evaluation at the end of an epoch may miss it, in epochs: accumulated gradients leave a rest.
NEAR = 0.15
#: In these columns the last value of an epoch counts, in the others of training the mean of several.
STATES = ("step", "samples", "resumed")


def by_epoch(log: ToolLog, steps_per_epoch: float | None = None) -> Log:
    """Make one row an epoch of what was logged in it.

    Of several values in an epoch the last one counts; of a score of training, their mean. What stands without an epoch
    (Lightning's learning rates) belongs to the next row that has one. A table without epochs counts its rows. No epochs
    are what was evaluated before training, a row of test scores behind the last epoch, and an epoch that was cut short.
    Where evaluations lie within epochs, a row is an evaluation.

    Args:
        log: one training; its epochs do not fall back (``seams.trainings``).
        steps_per_epoch: optimizer steps an epoch, where the log knows only steps.

    Raises:
        InputError: an epoch is no number from 0 on, or there are more than 2,000,000.
    """
    rows, notes = log.rows, list(log.notes)
    if "epoch" not in rows and "step" in rows and log.unit == "step" and steps_per_epoch:
        rows = rows.assign(epoch=rows["step"] / steps_per_epoch)  # the index of a last step misses it by less than NEAR
        log = replace(log, rows=rows, counted_from="done", unit="epoch")
    if "epoch" not in rows:
        vals = [name for name in log.columns if name.startswith("val/")]
        if log.unit == "step" and "step" in rows and vals and rows[vals].notna().any(axis=None):
            return _by_evaluations(log, rows["step"], rows[vals].notna().any(axis=1))
        return _by_row(log)
    epochs = rows["epoch"].bfill()
    rows = rows[epochs.notna().to_numpy()]
    epochs = epochs.dropna()
    bad = epochs[(epochs < 0) | np.isinf(epochs)]
    if len(bad):
        raise InputError(f"runs: row {bad.index[0] + 1}, epoch: got {bad.iloc[0]:g}, allowed: 0, 1, 2 ...")
    has_parts = bool((epochs % 1 != 0).any())
    if log.counted_from == "done" or has_parts:
        return _by_parts(replace(log, rows=rows.assign(epoch=epochs)))
    if not len(epochs):
        return _log(log, {}, 0, notes)
    base = log.counted_from if log.counted_from is not None else (1 if epochs.min() == 1 else 0)
    if base == 1 and epochs.min() == 0:
        base = 0
    if base == 1:
        notes.append(f"{log.unit}s are counted from 1 there, from 0 here")
    numbers = (epochs - base).astype(np.int64)
    if numbers.max() >= MOST_EPOCHS:
        raise InputError(f"runs: got epoch {int(numbers.max())}, allowed: below {MOST_EPOCHS:,}")
    return _grouped(replace(log, rows=rows.drop(columns="epoch"), notes=notes), numbers.to_numpy())


def _by_row(log: ToolLog) -> Log:
    """Each line is an epoch, or a line of steps."""
    rows, notes = log.rows, list(log.notes)
    scored = rows[[name for name in map(str, rows) if "/" in name or name not in STATES]]
    rows = rows[scored.notna().any(axis=1)] if len(scored.columns) else rows
    if log.unit == "epoch":
        notes.append("it has no column of epochs: each row is taken for one")
    return _grouped(replace(log, rows=rows, notes=notes), np.arange(len(rows)))


def _grouped(log: ToolLog, numbers: np.ndarray) -> Log:
    """One row a number, ascending from 0 without gaps."""
    rows, notes, test = log.rows, list(log.notes), dict(log.test)
    is_plain = len(numbers) < 2 or bool((np.diff(numbers) > 0).all())
    values = rows.set_axis(numbers, axis=0)
    if not is_plain:
        values, lines, averaged = _joined(values)
        if averaged:
            most = max(averaged.values())
            notes.append(f"{_listed(list(averaged))}: the mean of up to {most} values an epoch")
    else:
        lines = pd.Series(1, index=values.index)
    if len(values) > 1:
        values, tested = _without_tests(values, test)
        values, cut = _without_cut(values, lines)
        notes += [*tested, *cut]
    if len(values):
        values = values.reindex(np.arange(int(values.index[-1]) + 1))
    columns = {str(name): values[name].to_numpy() for name in map(str, values) if values[name].notna().any()}
    return _log(replace(log, test=test), columns, len(values), notes)


def _joined(values: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, dict[str, int]]:
    """One row a number: of each column the last value, of training scores their mean; and how many lines each had.

    Args:
        values: its index are the numbers.

    Returns:
        The rows, lines a row, and training scores with several values -> how many at most.
    """
    numbers = values.index.to_numpy()
    if (np.diff(numbers) < 0).any():
        values = values.iloc[np.argsort(numbers, kind="stable")]
        numbers = values.index.to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 1))
    at, averaged, columns = np.arange(len(numbers)), {}, {}
    for name in map(str, values):
        cells = values[name].to_numpy()
        there = np.ones(len(cells), bool) if cells.dtype == object else ~np.isnan(cells)
        last = np.maximum.reduceat(np.where(there, at, -1), starts)
        columns[name] = np.where(last >= 0, cells[np.maximum(last, 0)], np.nan)
        if name.startswith("train/"):
            counts = np.add.reduceat(there.astype(np.int64), starts)
            if counts.max() > 1:
                averaged[name] = int(counts.max())
                sums = np.add.reduceat(np.where(there, cells, 0.0), starts)
                columns[name] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    lines = np.diff(starts, append=len(numbers))
    index = numbers[starts]
    return pd.DataFrame(columns, index=index), pd.Series(lines, index=index), averaged


def _without_tests(values: pd.DataFrame, test: dict[str, float]) -> tuple[pd.DataFrame, list[str]]:
    """Take out scores of the test split that stand once, at the end, whatever they are called; and their row.

    So goes a last row that was only validated, once more, at the step of the row before.
    """
    notes: list[str] = []
    scores = [
        name for name in map(str, values) if name not in ("step", "samples", "seconds", "lr", "resumed", "events")
    ]
    scores = [name for name in scores if not name.startswith("lr/")]
    there = values[scores].notna()
    last = values.index[-1]
    once = [name for name in scores if there[name].sum() == 1 and there[name].iloc[-1]]
    others = [name for name in scores if name not in once and there[name].any()]
    if once and others and len(values) > 1:
        is_own_row = not there[others].iloc[-1].any()
        tests = [name for name in once if is_own_row or name.startswith("test/") or "/" not in name]
        for name in tests:
            test[name.removeprefix("test/")] = float(values[name].iloc[-1])
        values = values.drop(columns=tests)
        if tests:
            notes.append(f"{_listed(tests)}: measured once, at the end: scores of the test split, no epoch")
        if is_own_row:
            return values[values.index != last], notes
    trains = [name for name in scores if name.startswith("train/")]
    if trains and "step" in values and len(values) > 1:
        steps = values["step"].diff()
        again = steps.iloc[-1] <= min(1, steps.iloc[1:-1].median() / 2 if len(steps) > 2 else 1)
        if again and not there[trains].iloc[-1].any() and there[trains].iloc[-2].any():
            notes.append("it was validated once more after training: no epoch")
            return values[values.index != last], notes
    return values, notes


def _without_cut(values: pd.DataFrame, lines: pd.Series) -> tuple[pd.DataFrame, list[str]]:
    """Leave out a last epoch that ended before its validation, and before its last step, where all others have one."""
    if len(values) < 3:
        return values, []
    vals = [name for name in map(str, values) if name.startswith("val/")]
    scored = values[vals].notna().any(axis=1) if vals else pd.Series(True, index=values.index)
    lines = lines.reindex(values.index)
    usual = float(lines.iloc[1:-1].median())
    short = lines.iloc[-1] < 0.9 * usual
    if "step" in values:
        steps = values["step"].diff().iloc[1:]
        short = short or bool(steps.iloc[-1] < 0.9 * steps.iloc[:-1].median())
    unscored = bool(vals) and not scored.iloc[-1] and bool(scored.iloc[:-1].all())
    if short and usual > 1 and (unscored or not vals):
        note = f"epoch {values.index[-1]} was cut short: left out"
        return values.iloc[:-1], [note]
    return values, []


def _by_parts(log: ToolLog) -> Log:
    """Epochs with fractions: how many are done."""
    rows, notes = log.rows, list(log.notes)
    vals = [name for name in map(str, rows) if name.startswith("val/")]
    is_val = rows[vals].notna().any(axis=1) if vals else pd.Series(False, index=rows.index)
    before = rows[is_val & (rows["epoch"] == 0)]
    if len(before):
        start = before[vals].groupby(lambda _: 0).last().iloc[0].dropna()
        said = ", ".join(f"{name} {value:.5g}" for name, value in list(start.items())[:3])
        notes.append(f"evaluated before training ({said}): no epoch")
        rows, is_val = rows.drop(index=before.index), is_val.drop(index=before.index)
    if not len(rows):
        return _log(log, {}, 0, notes)
    done = rows["epoch"]
    whole = max(int(done.max() + NEAR), 1)  # one that was begun is none
    if whole > MOST_EPOCHS:
        raise InputError(f"runs: got epoch {whole}, allowed: below {MOST_EPOCHS:,}")
    at = done[is_val].groupby(done[is_val]).size().index.to_numpy()
    ends = np.round(at)
    if len(at) and (np.abs(at - ends).max() <= NEAR and len(set(ends)) == len(at) and ends.min() >= 1):
        nearest = np.round(done)
        close = is_val | (np.abs(done - nearest) <= 1e-6)
        numbers = np.where(close, nearest, np.ceil(done - 1e-6)).astype(np.int64) - 1
        if (np.diff(numbers) >= 0).all():
            return _grouped(replace(log, rows=rows.drop(columns="epoch"), notes=notes), np.maximum(numbers, 0))
    if not len(at):
        numbers = np.maximum(np.ceil(done - 1e-6).astype(np.int64) - 1, 0).to_numpy()
        found = _grouped(replace(log, rows=rows.drop(columns="epoch"), notes=notes), numbers)
        return replace(found, num_epochs=whole)
    per = len(at) / max(at[-1], 1e-9)
    notes.append(f"evaluated {len(at)} times in {done.max():.3g} epochs ({per:.3g} an epoch): a row is an evaluation")
    found = _by_evaluations(replace(log, rows=rows.drop(columns="epoch"), notes=notes), done, is_val)
    return replace(found, num_epochs=whole, epochs_done=[float(value) for value in at])


def _by_evaluations(log: ToolLog, place: pd.Series, is_val: pd.Series) -> Log:
    """A row an evaluation, with what was trained since the one before; what came after the last one is left out."""
    at = np.unique(place[is_val].to_numpy())
    numbers = np.searchsorted(at, place.to_numpy() - 1e-9)
    kept = numbers < len(at)
    found = _grouped(replace(log, rows=log.rows[kept], unit="evaluation"), numbers[kept])
    return replace(found, num_epochs=None)


def _log(log: ToolLog, columns: dict[str, np.ndarray], count: int, notes: list[str]) -> Log:
    table: dict[str, np.ndarray] = {"epoch": np.arange(count)} | columns
    if (resumed := table.pop("resumed", None)) is not None:
        table["events"] = np.where(resumed == 1, "resume", "")
    known = None if log.unit == "step" else count
    return Log(
        log.tool,
        EpochTable(table),
        known,
        log.unit,
        names=log.names,
        monitor=log.monitor,
        modes=log.modes,
        test=log.test,
        notes=notes,
        name=log.name,
    )


def _listed(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
