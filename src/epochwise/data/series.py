"""Rows in the order of time: windows of them, and what comes some steps later."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import torch
from annotated_types import Ge
from matplotlib import get_data_path
from pandas.api.types import is_numeric_dtype
from torch.utils.data import Dataset

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.data.tables.columns import encode_columns, learn_columns, raw_columns, to_days
from epochwise.data.tables.read_table import check_columns, read_table
from epochwise.data.tables.target_columns import read_targets, target_names
from epochwise.input_error import InputError


def read_series(path: str, key: str) -> pd.DataFrame:
    """Read a table, or ``eeg``: 800 moments of four electrodes on a head, ``a`` to ``d``, which matplotlib ships."""
    if path != "eeg":
        return read_table(path, key, shipped=False)
    return pd.DataFrame(np.fromfile(f"{get_data_path()}/sample_data/eeg.dat").reshape(-1, 4), columns=list("abcd"))


class Windows(Dataset):
    """Windows as a data set: ``windows[list of indices]`` is a tensor float32 (B, window, F).

    Args:
        rows: (R, F) all rows.
        first: (N,) the first row of each window.
        window: how many rows one has.
    """

    is_held = True  # see ``device.kept_samples``

    def __init__(self, rows: torch.Tensor, first: np.ndarray, window: int) -> None:
        self.rows, self.first, self.steps = rows, torch.from_numpy(first), torch.arange(window)

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, indices: list[int]) -> torch.Tensor:
        return self.rows[self.first[indices][:, None] + self.steps]


@dataclass(eq=False, kw_only=True)
class Series(SplitDataModule):
    """A table in the order of time: what a column says ``horizon`` rows after a window of ``window`` rows.

    ``test`` is the end of the time, ``val`` what is before it. No moment is in two of them: windows that reach from one
    into the next, with what they are to predict, are left out of the earlier one; so with each fold of a splitter.
    Features are all columns, the target's own past too, encoded as in ``data=table`` by the rows of training windows
    alone.

    Args:
        path: a ``.csv`` or ``.parquet`` file; or ``eeg``, four electrodes at 800 moments.
        target: the column to predict, or several of numbers.
        kind: ``number``, or ``class``: each different value is one.
        window: rows that are seen.
        horizon: rows from the last of these to the one that is predicted.
        time: a column of numbers or dates (2024-12-31) by which the rows are put in order; None: as they stand.
        groups: a column that tells several series in one table apart; no window reaches over two.
        ignore_columns: columns to leave out.
        dates: columns of dates that become features, see ``data=table``; that of ``time`` may be one.
        on_missing: of an empty cell: ``raise``, or take the ``median`` of a number and call a text unknown.

    Raises:
        InputError: no such file or column, an empty target, a series that is shorter than window and horizon, a moment
            that a series has twice, nothing left to train on.
    """

    in_order: bool = True
    path: str = "eeg"
    target: str | Sequence[str] = "a"
    kind: Literal["number", "class"] = "number"
    window: Annotated[int, Ge(1)] = 20
    horizon: Annotated[int, Ge(1)] = 1
    time: str | None = None
    groups: str | None = None
    ignore_columns: Sequence[str] = ()
    dates: Sequence[str] = ()
    on_missing: Literal["raise", "median"] = "raise"

    def load(self) -> dict[str, Samples]:
        if not self.in_order:
            raise InputError("data.in_order=false: the rows of a series are in the order of time")
        frame = self._ordered(read_series(self.path, "data.path"), [("target", name) for name in self._targets])
        self._check_dates(frame)
        first, last = self._windows(frame, self.horizon)
        if not len(first):
            needed = f"no series has {self.window + self.horizon} rows"
            raise InputError(f"data.window={self.window}, data.horizon={self.horizon}: {needed}")
        given = read_targets(frame, self.target, self.kind, trained=self.spec is not None)
        rows = last + self.horizon
        self.frame = frame
        order = np.argsort(frame["moment"].to_numpy()[rows], kind="stable")
        groups = None if self.groups is None else frame["series"].to_numpy()[first][order]
        given["y"] = given["y"][rows][order]
        names = [frame["name"].iloc[row] for row in last[order]]
        return {"train": Samples(first[order], names=names, groups=groups, **given)}

    def purged(self, splits: dict[str, Samples]) -> dict[str, Samples]:
        """Leave out what reaches into a later split: of ``train`` what shares a moment with ``val`` or ``test``."""
        kept = dict(splits)
        for split, later in (("val", ["test"]), ("train", ["val", "test"])):
            taken = [self._moments(kept[name]) for name in later if len(kept.get(name, ()))]
            if split not in kept or not taken or not len(kept[split]):
                continue
            start, end = self._moments(kept[split])
            free = ~np.any([_overlaps(start, end, *each) for each in taken], axis=0)
            if not free.any():
                raise InputError(
                    f"data.window={self.window}, data.horizon={self.horizon}: every window of {split} reaches into "
                    f"{' or '.join(later)}; allowed: shorter ones, or a split in the order of time"
                )
            kept[split] = kept[split].take(np.flatnonzero(free))
        return kept

    def learn(self, x: Any) -> dict[str, Any]:
        rows = np.unique(x[:, None] + np.arange(self.window))
        features = self.frame.drop(columns=["moment", "series", "name", *self._aside]).iloc[rows]
        return {"columns": learn_columns(features, self.dates), "horizon": self.horizon}

    def encode(self, x: Any) -> Windows:
        return self._encoded(self.frame, x)

    def read(self, path: str) -> tuple[list[str], Windows]:
        """All windows of a table, the last one too; named by their last row."""
        frame = self._ordered(read_series(path, "predict"))
        first, last = self._windows(frame, 0)
        if not len(first):
            raise InputError(f"predict={path}: no series has {self.window} rows")
        return [frame["name"].iloc[row] for row in last], self._encoded(frame, first)

    @property
    def _targets(self) -> list[str]:
        return target_names(self.target)

    @property
    def _aside(self) -> list[str]:
        aside = [*self.ignore_columns, *(name for name in (self.time, self.groups) if name and name not in self.dates)]
        return list(dict.fromkeys(aside))

    def _ordered(self, frame: pd.DataFrame, asked: Sequence[tuple[str, str]] = ()) -> pd.DataFrame:
        """The rows series by series, each in its order, with ``moment``, ``series`` (numbers) and ``name``."""
        named = [(key, name) for key in ("time", "groups") if (name := getattr(self, key)) is not None]
        named += [("dates", name) for name in self.dates] + [("ignore_columns", name) for name in self.ignore_columns]
        check_columns(frame, [*asked, *named])
        series = (
            np.zeros(len(frame), dtype=int) if self.groups is None else pd.factorize(frame[self.groups], sort=True)[0]
        )
        if self.time is None:
            moment = pd.Series(series).groupby(series).cumcount().to_numpy()
            names = frame.index.astype(str).to_series(index=frame.index)
        else:
            column = frame[self.time]
            times = column.to_numpy(dtype="float64") if is_numeric_dtype(column) else to_days(column, "data.time")
            if not np.isfinite(times).all():
                raise InputError(f"data.time={self.time}: empty in row {int((~np.isfinite(times)).argmax())} (from 0)")
            moment, names = np.unique(times, return_inverse=True)[1], column.astype(str)
        found = frame.assign(moment=moment, series=series, name=names)
        if (twice := found.duplicated(["series", "moment"])).any():
            raise InputError(
                f"data.time={self.time}: {found['name'][twice].iloc[0]} twice; several series: data.groups"
            )
        if self.groups is not None:
            found["name"] = frame[self.groups].astype(str) + "/" + found["name"]
        return found.sort_values(["series", "moment"], kind="stable").reset_index(drop=True)

    def _check_dates(self, frame: pd.DataFrame) -> None:
        """Refuse a column of dates of which nothing is said: it is mostly what puts the rows in order."""
        told = {*self._targets, *self.dates, *self._aside, "moment", "series", "name"}
        for name in (str(name) for name in frame if name not in told):
            if not is_numeric_dtype(frame[name]) and frame[name].notna().all():
                found = pd.to_datetime(frame[name].astype(str), errors="coerce", format="ISO8601", utc=True)
                if found.notna().all():
                    ways = (
                        f"data.time={name} where it puts the rows in order, data.dates=[{name}] where it is a feature"
                    )
                    raise InputError(f"data: column {name!r} holds dates; allowed: {ways}, or data.ignore_columns")

    def _windows(self, frame: pd.DataFrame, horizon: int) -> tuple[np.ndarray, np.ndarray]:
        """(N,) first and last row of each window after which there are ``horizon`` rows of its series."""
        series = frame["series"].to_numpy()
        first = np.arange(max(len(frame) - self.window - horizon + 1, 0))
        last = first + self.window - 1
        whole = series[first] == series[last + horizon]
        return first[whole], last[whole]

    def _encoded(self, frame: pd.DataFrame, first: np.ndarray) -> Windows:
        if "columns" not in self.learned or "horizon" not in self.learned:
            raise InputError("data: the network was trained on something else than a series")
        if self.learned["horizon"] != self.horizon:
            trained = self.learned["horizon"]
            raise InputError(f"data.horizon={self.horizon}: the network was trained with {trained}")
        encoded = raw_columns if self.raw else encode_columns
        rows = encoded(frame, self.learned["columns"], fill=self.on_missing == "median")
        return Windows(rows, first, self.window)

    def _moments(self, samples: Samples) -> tuple[np.ndarray, np.ndarray]:
        """(N,) the moment of the first row of each window, and that of the row it is to predict.

        Series that are cut from each other by their groups share moments: theirs are then set apart.
        """
        moment = self.frame["moment"].to_numpy()
        start, end = moment[samples.x], moment[samples.x + self.window - 1 + self.horizon]
        if samples.groups is not None and "Group" in type(self.splitter).__name__:
            apart = samples.groups * (moment.max() + 1)
            start, end = start + apart, end + apart
        return start, end


def _overlaps(start: np.ndarray, end: np.ndarray, other_start: np.ndarray, other_end: np.ndarray) -> np.ndarray:
    """(N,) which of the spans [start, end] share a moment with any of the others."""
    moments = np.zeros(int(max(end.max(), other_end.max())) + 2, dtype=np.int64)
    np.add.at(moments, other_start, 1)
    np.add.at(moments, other_end + 1, -1)
    taken = np.concatenate([[0], np.cumsum(np.cumsum(moments) > 0)])
    return taken[end + 1] > taken[start]
