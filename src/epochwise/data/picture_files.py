"""Pictures read from files, a batch at a time."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageOps
from torch.utils.data import Dataset
from torchvision.datasets.folder import IMG_EXTENSIONS

from epochwise.data.existing_path import existing_path
from epochwise.input_error import InputError


class PictureFiles(Dataset):
    """Picture files as a data set: ``files[list of indices]`` is a tensor uint8 (B, C, H, W).

    Each picture is turned upright by its EXIF tag, made grey (C = 1) or coloured (C = 3), and resized; what is too long
    or too wide for the shape of H to W is cut off evenly. Transparency is dropped: a transparent pixel has the colour
    that the file holds beneath.

    Args:
        paths: N files.
        shape: (C, H, W), C 1 or 3.

    Raises:
        InputError: while reading, a picture cannot be read; and at once, the shape is not one of pictures.
    """

    def __init__(self, paths: Sequence[str], shape: Sequence[int]) -> None:
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise InputError(f"data: samples of the shape {tuple(shape)} are not pictures of 1 or 3 channels")
        self.paths = list(paths)
        self.channels, self.height, self.width = shape

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
                if upright.mode.startswith("I"):
                    # 16 bits a shade: PIL's own conversion would cut off all above 255.
                    upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
                if upright.mode == "P":
                    upright = upright.convert(
                        "RGBA"
                    )  # a palette may hold transparency, which PIL drops from there alone
                upright = upright.convert(mode)
        except Exception as error:  # PIL's decoders raise nearly anything on broken files
            raise InputError(f"{path}: not a readable picture ({error})") from error
        fitted = np.array(ImageOps.fit(upright, (self.width, self.height)))
        return torch.from_numpy(fitted.reshape(self.height, self.width, self.channels)).permute(2, 0, 1)


def find_pictures(path: str) -> list[str]:
    """The pictures of a folder and the folders in it, sorted, or the one file that ``path`` is.

    Raises:
        InputError: nothing is there, or no picture.
    """
    place = existing_path(path, "predict")
    if place.is_file():
        return [str(place)]
    found = sorted(str(file) for file in place.rglob("*") if file.suffix.lower() in IMG_EXTENSIONS)
    if not found:
        raise InputError(f"{path}: no picture in this folder; allowed: {', '.join(IMG_EXTENSIONS)}")
    return found
