"""One's own pictures with masks: a class for each pixel."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from epochwise.data.pictures.mask_files import MaskClasses, MaskFiles, check_masks, values_in
from epochwise.data.pictures.picture_files import PICTURE_EXTENSIONS
from epochwise.data.pictures.sized_pictures import SizedPictures
from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.tables.read_table import check_columns, read_table
from epochwise.input_error import InputError, allowed_names, existing_path, first_lines

SPLITS = ["train", "val", "test"]


@dataclass(eq=False, kw_only=True)
class Masks(SizedPictures):
    """Pictures in ``root/pictures`` and masks of the same names in ``root/masks``; or a table that names both.

    Names are the same where they differ in their ending alone (``a.jpg``, ``a.png``). Where both folders have the
    folders ``train``, and ``val`` or ``test``, these are taken as they are. Masks are read by the workers, batch by
    batch, and brought to the size as their picture is, by the nearest pixel.

    Args:
        root: the folder in which all is. None: with ``path``, that of the table.
        pictures: the folder of the pictures in it; with ``path`` the column of their paths.
        masks: the folder of the masks in it; with ``path`` the column of their paths.
        mask_suffix: what a mask's name has besides that of its picture, such as ``_mask``; in folders alone.
        path: a table, ``.csv`` or ``.parquet``, with a row a picture. None: folders.
        split: a column of the table that says ``train``, ``val`` or ``test``.
        groups: a column of the table whose equal values stay together, in one split and one fold.
        classes: name of a class -> the value of its pixels (of grey, or the index of a palette), or their colour
            (``#rrggbb``, a name); or several of them.
        ignore: values, or colours, of pixels that say nothing: they are neither learned nor scored.

    Raises:
        InputError: no such folder, table or column, a picture without a mask or the other way round, a mask that cannot
            be read, has other proportions than its picture or pixels that are no class.
    """

    root: str | None = None
    pictures: str = "pictures"
    masks: str = "masks"
    mask_suffix: str = ""
    path: str | None = None
    split: str | None = None
    groups: str | None = None
    classes: Mapping[str, int | str | Sequence[int | str]] | None = None
    ignore: Sequence[int | str] = ()

    def load(self) -> dict[str, Samples]:
        if self.path is None and (self.split or self.groups):
            raise InputError("data.split, data.groups: columns of a table; without data.path there is none")
        frame = self._in_folders() if self.path is None else self._in_table(self.path)
        unusable = self.unusable(frame["picture"].tolist())
        frame = frame[~frame["picture"].isin(unusable)].reset_index(drop=True)
        if missing := [path for path in frame["mask"] if not Path(path).is_file()]:
            raise InputError(*first_lines([f"{path}: no such mask" for path in missing]))
        if self.classes is None:
            found = values_in(frame["mask"].tolist())
            named = ",".join(f"NAME: {value}" for value in found[:8]) + (",..." if len(found) > 8 else "")
            raise InputError(f"data.classes: the masks hold {len(found)} values; name them: data.classes={{{named}}}")
        self.mask_classes = MaskClasses.of(self.classes, self.ignore)
        if lines := check_masks(frame["mask"].tolist(), frame["picture"].tolist(), self.mask_classes):
            raise InputError(*first_lines(lines))
        groups = None if self.groups is None else frame["group"].to_numpy()
        samples = Samples(
            frame["picture"].tolist(),
            frame["mask"].tolist(),
            self.mask_classes.names,
            frame["name"].tolist(),
            groups,
            "mask",
        )
        if "train" not in set(frame["split"]):
            raise InputError("data: no picture is in 'train'")
        rows = {split: np.flatnonzero(frame["split"] == split) for split in SPLITS}
        return {split: samples.take(rows[split]) for split in SPLITS if len(rows[split])}

    def encode_targets(self, samples: Samples) -> MaskFiles:
        assert self.spec is not None
        if self.spec.target != "mask":
            raise InputError(f"data: the target is a mask; the network was trained on a {self.spec.target}")
        return self._files(samples, samples.class_index(self.spec))

    def describe(self, samples: Samples, x: Any) -> Spec:
        names = self.mask_classes.names
        counts = self._files(samples, np.arange(len(names))).count(len(names))
        shape = (self.channels, self.image_size, self.image_size)
        return Spec(shape, "mask", len(names), names, counts, num_train=len(samples))

    def _files(self, samples: Samples, index: np.ndarray) -> MaskFiles:
        return MaskFiles(samples.y, (self.image_size, self.image_size), self.view, self.mask_classes, index, self.kept)

    def _in_folders(self) -> pd.DataFrame:
        """``picture``, ``mask``, ``name`` and ``split`` of each picture, sorted."""
        if self.root is None:
            raise InputError(
                f"data.root=null: allowed: a folder with {self.pictures!r} and {self.masks!r} in it, or data.path"
            )
        existing_path(self.root, "data.root")
        pictures = _by_name(existing_path(str(Path(self.root) / self.pictures), "data.pictures"))
        masks = _by_name(existing_path(str(Path(self.root) / self.masks), "data.masks"), self.mask_suffix)
        if not pictures:
            raise InputError(f"{Path(self.root) / self.pictures}: no picture in this folder")
        lines = [f"{path}: no mask of that name" for name, path in pictures.items() if name not in masks]
        lines += [f"{path}: no picture of that name" for name, path in masks.items() if name not in pictures]
        if lines:
            raise InputError(*first_lines(lines))
        first = {name.split("/")[0] for name in pictures if "/" in name}
        given = "train" in first and all("/" in name for name in pictures)
        if given and (strange := sorted(first - set(SPLITS))):
            raise InputError(f"data.pictures: folder {strange[0]!r} beside 'train'{allowed_names(strange[0], SPLITS)}")
        rows = [
            {
                "picture": str(path),
                "mask": str(masks[name]),
                "name": name.split("/", 1)[1] if given else name,
                "split": name.split("/")[0] if given else "train",
            }
            for name, path in sorted(pictures.items())
        ]
        return pd.DataFrame(rows)

    def _in_table(self, path: str) -> pd.DataFrame:
        frame = read_table(path, "data.path", shipped=False)
        asked = [(key, name) for key in ("pictures", "masks", "split", "groups") if (name := getattr(self, key))]
        check_columns(frame, asked)
        for key in ("pictures", "masks"):
            if (empty := frame[getattr(self, key)].isna()).any():
                raise InputError(f"data.{key}={getattr(self, key)}: empty in row {empty.argmax()} (counted from 0)")
        split = pd.Series(["train"] * len(frame)) if self.split is None else frame[self.split].astype(str)
        if unknown := [name for name in split.unique() if name not in SPLITS]:
            raise InputError(f"data.split={self.split}: got {unknown[0]!r}{allowed_names(unknown[0], SPLITS)}")
        root = Path(path).expanduser().parent if self.root is None else existing_path(self.root, "data.root")
        names = frame[self.pictures].astype(str)
        if (twice := names.duplicated()).any():
            raise InputError(f"data.pictures={self.pictures}: {names[twice].iloc[0]!r} is named twice")
        return pd.DataFrame(
            {
                "picture": [str(root / name) for name in names],
                "mask": [str(root / str(name)) for name in frame[self.masks]],
                "name": names,
                "split": split,
                "group": frame[self.groups] if self.groups else 0,
            }
        )


def _by_name(folder: Path, suffix: str = "") -> dict[str, Path]:
    """The pictures of a folder and those in it, by their path without ending and ``suffix``."""
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in PICTURE_EXTENSIONS and path.stem.endswith(suffix):
            name = str((path.parent / path.stem.removesuffix(suffix)).relative_to(folder))
            if name in found:
                raise InputError(f"{path}: has the name of {found[name].name}; names differ in more than their ending")
            found[name] = path
    return found
