"""Pictures read from files, a batch at a time."""

from collections.abc import Sequence

import torch
from PIL import Image, ImageOps
from torch.utils.data import Dataset
from torchvision.datasets.folder import IMG_EXTENSIONS

from epochwise.data.existing_path import existing_path
from epochwise.data.picture_view import PictureView
from epochwise.input_error import InputError

PICTURE_EXTENSIONS = (*IMG_EXTENSIONS, ".gif")


class PictureFiles(Dataset):
    """Picture files as a data set: ``files[list of indices]`` is a tensor uint8 (B, C, H, W).

    Each picture is turned upright by its EXIF tag, made grey (C = 1) or coloured (C = 3), and brought to the size. An
    animation is its first picture.

    Args:
        paths: N files.
        shape: (C, H, W), C 1 or 3.
        view: how it is brought to the size, and what is under transparency.

    Raises:
        InputError: while reading, a picture cannot be read; and at once, the shape is not one of pictures.
    """

    def __init__(self, paths: Sequence[str], shape: Sequence[int], view: PictureView | None = None) -> None:
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise InputError(f"data: samples of the shape {tuple(shape)} are not pictures of 1 or 3 channels")
        self.paths = list(paths)
        self.channels, self.height, self.width = shape
        self.view = view or PictureView()

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, indices: list[int]) -> torch.Tensor:
        return torch.stack([self._read(self.paths[index]) for index in indices])

    def _read(self, path: str) -> torch.Tensor:
        mode, side = "L" if self.channels == 1 else "RGB", 2 * max(self.height, self.width)
        try:
            with Image.open(path) as picture:
                # A JPEG need not be decoded much larger than it is wanted.
                picture.draft(mode, (side, side))
                upright = ImageOps.exif_transpose(picture)
            seen = self.view(upright, self.channels, self.height, self.width)
        except Exception as error:  # PIL's decoders raise nearly anything on broken files
            raise InputError(f"{path}: not a readable picture ({error})") from error
        return torch.from_numpy(seen).permute(2, 0, 1)


def find_pictures(path: str) -> list[str]:
    """The pictures of a folder and the folders in it, sorted, or the one file that ``path`` is.

    Raises:
        InputError: nothing is there, or no picture.
    """
    place = existing_path(path, "predict")
    if place.is_file():
        return [str(place)]
    found = sorted(str(file) for file in place.rglob("*") if file.suffix.lower() in PICTURE_EXTENSIONS)
    if not found:
        raise InputError(f"{path}: no picture in this folder; allowed: {', '.join(PICTURE_EXTENSIONS)}")
    return found
