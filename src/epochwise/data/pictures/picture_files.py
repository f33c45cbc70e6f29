"""Pictures in files: found, read, seen as a network sees them."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import Any

import torch
from PIL import Image, ImageOps
from torch.utils.data import Dataset
from torchvision.datasets.folder import IMG_EXTENSIONS

from epochwise.data.pictures.batch_memory import unit_floats
from epochwise.data.pictures.jpeg_decoder import upright_jpeg
from epochwise.data.pictures.picture_cache import PictureCache, read_each
from epochwise.data.pictures.picture_view import PictureView
from epochwise.input_error import InputError, existing_path


def channel_statistics(x: Any, max_samples: int | None = None) -> dict[str, list[float]]:
    """Mean and standard deviation of each channel, or feature, over samples and places.

    Args:
        x: N samples; ``x[list of indices]`` is a tensor (B, C, ...), uint8 in 0 to 255 or float.
        max_samples: look at no more than so many, evenly spaced; all of them by default.

    Returns:
        ``mean`` and ``std``, C values each, of uint8 divided by 255 and of floats as they are. A channel that never
        changes has ``std`` 1, so that it can be divided by.
    """
    step = 1 if max_samples is None else max(1, -(-len(x) // max_samples))
    indices = list(range(0, len(x), step))
    means, variances, weights = [], [], []
    for start in range(0, len(indices), 256):
        batch = unit_floats(x[indices[start : start + 256]])
        variance, mean = torch.var_mean(batch.transpose(0, 1).flatten(1), dim=1, correction=0)
        means.append(mean.double())
        variances.append(variance.double())
        weights.append(len(batch))
    weight = torch.tensor(weights, dtype=torch.float64)[:, None] / len(indices)
    mean = (weight * torch.stack(means)).sum(0)
    # The variance of the whole: the mean of the variances within the parts and the variance between their means.
    variance = (weight * (torch.stack(variances) + (torch.stack(means) - mean).square())).sum(0)
    std = variance.sqrt()
    return {"mean": mean.tolist(), "std": torch.where(std > 1e-8, std, 1.0).tolist()}


def unreadable_pictures(paths: Sequence[str]) -> dict[str, str]:
    """Decode every picture, JPEGs at an eighth of their size.

    A header alone says nothing of a file that was cut short, so all of it is read; PIL decodes outside of Python's
    lock, so threads share the work.

    Args:
        paths: N picture files.

    Returns:
        What is wrong by path, for those that cannot be read.
    """
    with ThreadPoolExecutor() as threads:
        faults = threads.map(picture_fault, paths)
        return {path: fault for path, fault in zip(paths, faults, strict=True) if fault}


def picture_fault(file: Any) -> str | None:
    """What is wrong with a picture (a path, or an open file of bytes), if anything."""
    try:
        with Image.open(file) as picture:
            picture.draft("L", (1, 1))
            picture.load()
    except Exception as error:  # PIL's decoders raise nearly anything on broken files
        return f"{type(error).__name__}: {error}"
    return None


PICTURE_EXTENSIONS = (*IMG_EXTENSIONS, ".gif")


class PictureFiles(Dataset):
    """Picture files as a data set: ``files[list of indices]`` is a tensor uint8 (B, C, H, W).

    Each picture is turned upright by its EXIF tag, made grey (C = 1) or coloured (C = 3), and brought to the size. An
    animation is its first picture.

    Args:
        paths: N files.
        shape: (C, H, W), C 1 or 3.
        view: how it is brought to the size, and what is under transparency.
        kept: keeps pictures as they were read, for the next time; None reads each anew.

    Raises:
        InputError: while reading, a picture cannot be read; and at once, the shape is not one of pictures.
    """

    def __init__(
        self,
        paths: Sequence[str],
        shape: Sequence[int],
        view: PictureView | None = None,
        kept: PictureCache | None = None,
    ) -> None:
        if len(shape) != 3 or shape[0] not in (1, 3):
            raise InputError(f"data: samples of the shape {tuple(shape)} are not pictures of 1 or 3 channels")
        self.paths = list(paths)
        self.channels, self.height, self.width = shape
        self.view = view or PictureView()
        self.kept = kept

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, indices: list[int]) -> torch.Tensor:
        paths = [self.paths[index] for index in indices]
        if self.kept is None:
            return torch.stack(read_each(paths, self._read))
        shape = (self.channels, self.height, self.width)
        return self.kept.pictures(paths, shape, repr(self.view), self._read)

    def _read(self, path: str) -> torch.Tensor:
        return read_picture(path, path, (self.channels, self.height, self.width), self.view)


def read_picture(source: str | bytes, name: str, shape: Sequence[int], view: PictureView) -> torch.Tensor:
    """Decode a picture as a network sees it: uint8 (C, H, W).

    Args:
        source: a path, or what stands in a file.
        name: of it, for the message.
        shape: C, H, W.
        view: how it is brought to the size.

    Raises:
        InputError: it is no picture that can be read.
    """
    channels, height, width = shape
    mode, side = "L" if channels == 1 else "RGB", 2 * max(height, width)
    try:
        with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as picture:
            whole = picture.size
            # A JPEG need not be decoded much larger than it is wanted.
            picture.draft(mode, (side, side))
            if picture.size == whole and (pixels := upright_jpeg(picture, source, channels)) is not None:
                return view.fitted(pixels, height, width)
            ImageOps.exif_transpose(picture, in_place=True)
            return view(picture, channels, height, width)
    except Exception as error:  # PIL's decoders raise nearly anything on broken files
        raise InputError(f"{name}: not a readable picture ({error})") from error


def own_pictures(path: str, shape: Sequence[int], view: PictureView) -> PictureFiles:
    """A picture, or those of a folder, to be predicted.

    Args:
        path: of it.
        shape: C, H, W.
        view: how they are brought to it.

    Raises:
        InputError: nothing is there, or one cannot be read; all of them are named.
    """
    paths = find_pictures(path)
    if faults := unreadable_pictures(paths):
        raise InputError(*(f"{path}: not a readable picture ({fault})" for path, fault in faults.items()))
    return PictureFiles(paths, shape, view)


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
