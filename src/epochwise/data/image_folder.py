"""One's own pictures: a folder a class."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from torchvision.datasets.folder import make_dataset

from epochwise.data.picture_files import (
    PICTURE_EXTENSIONS,
    WHITE,
    Fit,
    PictureFiles,
    PictureView,
    channel_statistics,
    colour,
    unreadable_pictures,
)
from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError, existing_path

SPLITS = ["train", "val", "test"]


@dataclass(eq=False, kw_only=True)
class ImageFolder(SplitDataModule):
    """Pictures of any size in ``root/<class>/``, or split already in ``root/train/<class>/`` and ``val`` and ``test``.

    A split that has a folder is taken as it is; one that has none is cut out of the training pictures. The pictures are
    read by the workers, batch by batch; all of them are looked at once before the first step. Mean and standard
    deviation come from at most 2,048 training pictures.

    Args:
        root: the folder.
        image_size: height and width to which pictures are brought, in pixels.
        channels: 1 for grey, 3 for colour; pictures of the other kind are converted.
        fit: what becomes of a picture that is no square: ``crop`` cuts off its ends, ``pad`` puts ``background`` around
            it, ``squash`` changes its proportions. None: ``crop``, or what the network was trained with.
        background: under what is transparent, and around what is padded: a name, ``#rrggbb`` or [r, g, b]. None:
            white, as in web pages and viewers, or what the network was trained with.
        on_error: what to do about a picture that cannot be read: ``raise``, or ``skip`` it and say so.

    Raises:
        InputError: no such folder or colour, an empty class, a picture that cannot be read; ``fit`` or ``background``
            are not those that the network was trained with.
    """

    root: str = "datasets/pictures"
    image_size: Annotated[int, Ge(8)] = 64
    channels: Literal[1, 3] = 3
    fit: Fit | None = None
    background: str | Sequence[int] | None = None
    on_error: Literal["raise", "skip"] = "raise"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.view = PictureView(self.fit or "crop", WHITE if self.background is None else colour(self.background))

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

    def learn(self, x: Any) -> dict[str, Any]:
        return channel_statistics(self.encode(x), max_samples=2048)

    def encode(self, x: Any) -> PictureFiles:
        return PictureFiles(x, (self.channels, self.image_size, self.image_size), self.view)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        asked = self.view
        super().load_state_dict(state_dict)
        for name in ("fit", "background"):
            ours, theirs = getattr(asked, name), getattr(self.view, name)
            if getattr(self, name) is not None and ours != theirs:
                raise InputError(f"data.{name}: got {ours}; the network was trained with {theirs}")

    def _samples(self, root: Path, class_names: list[str]) -> Samples:
        if not _folders(root):
            raise InputError(f"{root}: no folder in it; one for each class is needed")
        found = make_dataset(
            str(root),
            {name: index for index, name in enumerate(class_names) if (root / name).is_dir()},
            extensions=PICTURE_EXTENSIONS,
            allow_empty=True,
        )
        found = self._readable(found)
        filled = {class_names[index] for _, index in found}
        empty = [f"{root / name}: no picture in this class" for name in _folders(root) if name not in filled]
        if empty:
            raise InputError(*empty)
        paths = [path for path, _ in found]
        names = [str(Path(path).relative_to(root)) for path in paths]
        return Samples(paths, np.array([index for _, index in found]), class_names, names)

    def _readable(self, found: list[tuple[str, int]]) -> list[tuple[str, int]]:
        faults = unreadable_pictures([path for path, _ in found])
        lines = [f"{path}: not a readable picture ({fault})" for path, fault in faults.items()]
        if lines and self.on_error == "raise":
            more = [f"and {len(lines) - 10} more; data.on_error=skip leaves them out"] if len(lines) > 10 else []
            raise InputError(*lines[:10], *more)
        if lines:
            log = logging.getLogger(__name__)
            log.warning("data.on_error=skip: left out %d of %d pictures: %s", len(lines), len(found), "; ".join(lines))
        return [(path, index) for path, index in found if path not in faults]


def _folders(root: Path) -> list[str]:
    if not root.is_dir():
        return []
    return sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith("."))
