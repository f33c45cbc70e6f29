"""One's own pictures: a folder a class."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torchvision.datasets.folder import make_dataset

from epochwise.data.pictures.picture_files import PICTURE_EXTENSIONS
from epochwise.data.pictures.sized_pictures import SizedPictures
from epochwise.data.samples import Samples
from epochwise.input_error import InputError, existing_path

SPLITS = ["train", "val", "test"]


@dataclass(eq=False, kw_only=True)
class ImageFolder(SizedPictures):
    """Pictures of any size in ``root/<class>/``, or split already in ``root/train/<class>/`` and ``val`` and ``test``.

    A split that has a folder is taken as it is; one that has none is cut out of the training pictures.

    Args:
        root: the folder.

    Raises:
        InputError: no such folder, or an empty class.
    """

    root: str = "datasets/pictures"

    def load(self) -> dict[str, Samples]:
        root = existing_path(self.root, "data.root")
        if not _folders(root / "train"):
            return {"train": self._samples(root, _folders(root))}
        for name in _folders(root):
            if name not in SPLITS:
                closest = InputError.closest(name, SPLITS)
                raise InputError(f"{root}: folder {name!r} beside 'train'; allowed: {', '.join(SPLITS)}{closest}")
        class_names = _folders(root / "train")
        for split in _folders(root):
            for name in _folders(root / split):
                if name not in class_names:
                    closest = InputError.closest(name, class_names)
                    raise InputError(f"{root / split / name}: no class of that name in 'train'{closest}")
        return {split: self._samples(root / split, class_names) for split in _folders(root)}

    def _samples(self, root: Path, class_names: list[str]) -> Samples:
        if not _folders(root):
            raise InputError(f"{root}: no folder in it; one for each class is needed")
        found = make_dataset(
            str(root),
            {name: index for index, name in enumerate(class_names) if (root / name).is_dir()},
            extensions=PICTURE_EXTENSIONS,
            allow_empty=True,
        )
        unusable = self.unusable([path for path, _ in found])
        found = [(path, index) for path, index in found if path not in unusable]
        filled = {class_names[index] for _, index in found}
        empty = [f"{root / name}: no picture in this class" for name in _folders(root) if name not in filled]
        if empty:
            raise InputError(*empty)
        paths = [path for path, _ in found]
        names = [str(Path(path).relative_to(root)) for path in paths]
        return Samples(paths, np.array([index for _, index in found]), class_names, names)


def _folders(root: Path) -> list[str]:
    if not root.is_dir():
        return []
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
