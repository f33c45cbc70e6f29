"""Masks in files: which class the pixels of a picture are, seen as the picture is seen."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset
from torchvision.transforms.v2 import InterpolationMode

from epochwise.data.pictures.picture_cache import PictureCache, read_each
from epochwise.data.pictures.picture_view import PictureView, colour, planes
from epochwise.data.target import IGNORE
from epochwise.input_error import InputError

#: In a mask of bytes, what says nothing; classes are 0 to 254.
NOTHING = 255
Value = int | str


@dataclass(frozen=True)
class MaskClasses:
    """Which class a pixel of a mask is by its value, or by its colour.

    Args:
        index_of: value (of grey, or the index of a palette) or colour (red, green, blue) -> class, 0 to 254;
            ``NOTHING`` where it says nothing.
        names: C names.
    """

    index_of: dict[int | tuple[int, int, int], int]
    names: list[str]

    @classmethod
    def of(cls, classes: Mapping[str, Value | Sequence[Value]], ignore: Sequence[Value]) -> "MaskClasses":
        """Read ``data.classes`` and ``data.ignore``: all are values, or all colours as people write them.

        Raises:
            InputError: values are mixed with colours, one is named twice, or there are fewer than two classes.
        """
        names = [str(name) for name in classes]
        if not 2 <= len(names) < NOTHING:
            raise InputError(f"data.classes: {len(names)} classes; allowed: 2 to {NOTHING - 1}")
        found: dict[int | tuple[int, int, int], int] = {}
        for index, given in [*enumerate(classes.values()), (NOTHING, ignore)]:
            for value in [given] if isinstance(given, (int, str)) else given:
                key = value if isinstance(value, int) else colour(value, "data.classes")
                if key in found:
                    raise InputError(f"data.classes, data.ignore: {value!r} is named twice")
                found[key] = index
        if len({isinstance(key, int) for key in found}) > 1:
            raise InputError("data.classes: values and colours together; allowed: all values, or all colours")
        return cls(found, names)

    @property
    def by_colour(self) -> bool:
        return any(isinstance(key, tuple) for key in self.index_of)

    def read(self, path: str) -> Image.Image:
        """A mask as bytes: the class of each pixel, or ``NOTHING``.

        Raises:
            InputError: it cannot be read, or a pixel is no class.
        """
        values = mask_values(path, self.by_colour)
        numbers = {_number(key): index for key, index in self.index_of.items()}
        found, places = np.unique(values, return_inverse=True)
        if unknown := [value for value in found.tolist() if value not in numbers]:
            said = ", ".join(_said(value, self.by_colour) for value in unknown[:5])
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            raise InputError(f"{path}: pixels of {said}{more}; name them in data.classes or data.ignore")
        classes = np.array([numbers[value] for value in found.tolist()], dtype=np.uint8)[places]
        return Image.fromarray(classes.reshape(values.shape))


def mask_values(path: str, by_colour: bool) -> np.ndarray:
    """(H, W) integers: the value of each pixel, or its colour as one number.

    A palette gives its indices as values; black and white are 0 and 255.

    Raises:
        InputError: it cannot be read, or it has colours where values are wanted.
    """
    try:
        with Image.open(path) as mask:
            if by_colour:
                pixels = np.asarray(mask.convert("RGB")).astype(np.int64)
                return (pixels[..., 0] << 16) + (pixels[..., 1] << 8) + pixels[..., 2]
            pixels = np.asarray(mask.convert("L") if mask.mode == "1" else mask)
    except Exception as error:  # PIL's decoders raise nearly anything on broken files
        raise InputError(f"{path}: not a readable mask ({error})") from error
    if pixels.ndim == 3 and (pixels.shape[2] == 2 or (pixels[..., :1] == pixels[..., 1:3]).all()):
        pixels = pixels[..., 0]  # grey, with transparency, or written as colours
    if pixels.ndim != 2:
        raise InputError(f"{path}: a mask of colours; name them in data.classes, such as {{car: '#ff0000'}}")
    return pixels.astype(np.int64)


def check_masks(masks: Sequence[str], pictures: Sequence[str], classes: MaskClasses) -> list[str]:
    """Look at every mask.

    Args:
        masks: N files.
        pictures: their pictures, which can be read.
        classes: of their pixels.

    Returns:
        A line for each that cannot be used: it cannot be read, a pixel is no class, or its proportions are others than
        those of its picture.
    """
    with ThreadPoolExecutor() as threads:
        lines = threads.map(_fault, masks, pictures, [classes] * len(masks))
        return [line for line in lines if line]


def values_in(masks: Sequence[str]) -> list[int]:
    """The values of pixels in masks, sorted: what ``data.classes`` has to name. Colours raise ``InputError``."""
    with ThreadPoolExecutor() as threads:
        return sorted(set().union(*threads.map(lambda path: set(np.unique(mask_values(path, False)).tolist()), masks)))


class MaskFiles(Dataset):
    """Mask files as a data set: ``files[list of indices]`` is a tensor int64 (B, H, W), ``IGNORE`` if not said.

    Each is brought to the size as its picture is, by the nearest pixel; what is padded says nothing.

    Args:
        paths: N files.
        size: H, W.
        view: how pictures are brought to the size.
        classes: of the pixels.
        index: (C,) where each of the classes stands among those of the network.
        kept: keeps masks as they were read, for the next time; None reads each anew.
    """

    def __init__(
        self,
        paths: Sequence[str],
        size: tuple[int, int],
        view: PictureView,
        classes: MaskClasses,
        index: np.ndarray,
        kept: PictureCache | None = None,
    ) -> None:
        self.kept = kept
        self.paths, self.size, self.view, self.classes = list(paths), size, view, classes
        self.index = np.full(NOTHING + 1, IGNORE, dtype=np.int64)
        self.index[: len(index)] = index

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, indices: list[int]) -> torch.Tensor:
        paths = [self.paths[index] for index in indices]
        if self.kept is None:
            masks = torch.stack(read_each(paths, self._read))
        else:
            masks = self.kept.pictures(paths, (1, *self.size), repr((self.view, self.classes)), self._read)
        return torch.from_numpy(self.index[masks[:, 0].numpy()])

    def _read(self, path: str) -> torch.Tensor:
        """The class of each pixel, uint8 (1, H, W), or ``NOTHING``."""
        height, width = self.size
        around = torch.full((1, 1, 1), NOTHING, dtype=torch.uint8)
        return self.view.fitted(planes(self.classes.read(path)), height, width, InterpolationMode.NEAREST_EXACT, around)

    def count(self, num_classes: int) -> list[int]:
        """How many pixels each of the classes of the network has."""
        with ThreadPoolExecutor() as threads:
            pixels = threads.map(lambda path: _count(self.index[self._read(path).numpy()], num_classes), self.paths)
            return [int(number) for number in sum(pixels, np.zeros(num_classes, dtype=np.int64))]


def _count(mask: np.ndarray, num_classes: int) -> np.ndarray:
    return np.bincount(mask[mask != IGNORE], minlength=num_classes)


def _fault(mask: str, picture: str, classes: MaskClasses) -> str | None:
    try:
        size = classes.read(mask).size
        with Image.open(picture) as beside:
            turned = beside.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # as the picture itself is, before it is seen
            other = beside.size[::-1] if turned else beside.size
    except InputError as error:
        return str(error)
    # The other size of the same proportions, to a pixel.
    if abs(size[0] * other[1] - size[1] * other[0]) > max(*size, *other):
        return f"{mask}: {size[0]} x {size[1]} pixels, and its picture {other[0]} x {other[1]}"
    return None


def _number(key: int | tuple[int, int, int]) -> int:
    return key if isinstance(key, int) else (key[0] << 16) + (key[1] << 8) + key[2]


def _said(value: int, by_colour: bool) -> str:
    return f"'#{value:06x}'" if by_colour else str(value)
