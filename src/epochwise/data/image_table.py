"""One's own pictures: a table of paths, and what is to be said of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epochwise.data.pictures.picture_files import PictureFiles
from epochwise.data.pictures.sized_pictures import SizedPictures
from epochwise.data.samples import Samples
from epochwise.data.tables.read_table import READERS, check_columns, read_table
from epochwise.data.tables.target_columns import Kind, read_targets, target_names
from epochwise.input_error import InputError, allowed_names, existing_path

SPLITS = ["train", "val", "test"]


@dataclass(eq=False, kw_only=True)
class ImageTable(SizedPictures):
    """Pictures of any size that a table names, a row each, with a class, labels or numbers.

    Args:
        path: a ``.csv`` or ``.parquet`` file.
        picture: the column of the pictures' paths.
        root: the folder from which these paths lead; None: that of the table.
        target: the column to predict, or several: numbers, or labels of 0 and 1.
        kind: ``class``, each different value is one; ``number``; or ``labels``, any of which a picture may have.
        separator: between the labels in one column of them, such as ``|`` in ``cat|dog``; an empty cell has none.
        split: a column that says ``train``, ``val`` or ``test``. None, or where it names no ``val`` or ``test``: they
            are cut out of the training pictures.
        groups: a column whose equal values stay together, in one split and one fold, such as a patient's number.

    Raises:
        InputError: no such file or column, a picture that is named twice, an unknown split, a target of another kind.
    """

    path: str = "datasets/pictures.csv"
    picture: str = "path"
    root: str | None = None
    target: str | Sequence[str] = "label"
    kind: Kind = "class"
    separator: str | None = None
    split: str | None = None
    groups: str | None = None

    def load(self) -> dict[str, Samples]:
        frame = read_table(self.path, "data.path", shipped=False)
        aside = [(key, name) for key in ("picture", "split", "groups") if (name := getattr(self, key)) is not None]
        check_columns(frame, [*aside, *(("target", name) for name in target_names(self.target))])
        files = self._files(frame, self.path)
        given = read_targets(frame, self.target, self.kind, self.separator, trained=self.spec is not None)
        groups = None if self.groups is None else frame[self.groups].to_numpy()
        samples = Samples(files, names=frame[self.picture].astype(str).tolist(), groups=groups, **given)
        of_split = pd.Series(["train"] * len(frame)) if self.split is None else frame[self.split].astype(str)
        if unknown := [name for name in of_split.unique() if name not in SPLITS]:
            raise InputError(f"data.split={self.split}: got {unknown[0]!r}{allowed_names(unknown[0], SPLITS)}")
        if "train" not in set(of_split):
            raise InputError(f"data.split={self.split}: no row says 'train'")
        unusable = self.unusable(files)
        keep = np.array([file not in unusable for file in files])
        rows = {split: np.flatnonzero(keep & (of_split == split).to_numpy()) for split in SPLITS}
        return {split: samples.take(rows[split]) for split in SPLITS if len(rows[split])}

    def read(self, path: str) -> tuple[list[str], Any]:
        """Pictures as in other data sets, or a table of their paths."""
        if Path(path).suffix not in READERS:
            return super().read(path)
        frame = read_table(path, "predict", shipped=False)
        check_columns(frame, [("picture", self.picture)])
        files = self._files(frame, path)
        unusable = self.unusable(files)
        kept = [
            (str(name), file) for name, file in zip(frame[self.picture], files, strict=True) if file not in unusable
        ]
        shape = self.spec.input_shape if self.spec else ()
        return [name for name, _ in kept], PictureFiles([file for _, file in kept], shape, self.view)

    def _files(self, frame: pd.DataFrame, path: str) -> list[str]:
        """(N,) where the pictures of a table are."""
        column = frame[self.picture]
        if column.isna().any():
            raise InputError(f"data.picture={self.picture}: empty in row {column.isna().argmax()} (counted from 0)")
        if (twice := column.duplicated()).any():
            name = str(column[twice].iloc[0])
            several = "; several labels of a picture stand in one row" if self.kind == "labels" else ""
            raise InputError(f"data.picture={self.picture}: {name!r} is named {(column == name).sum()} times{several}")
        root = Path(path).expanduser().parent if self.root is None else existing_path(self.root, "data.root")
        return [str(root / str(name)) for name in column]
