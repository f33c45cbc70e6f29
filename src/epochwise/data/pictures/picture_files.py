"""Pictures in files: found, read, seen as a network sees them."""

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import torch
from PIL import Image, ImageColor, ImageOps
from torch.utils.data import Dataset
from torchvision.datasets.folder import IMG_EXTENSIONS
from torchvision.transforms.v2 import InterpolationMode, functional

from epochwise.data.pictures.picture_cache import PictureCache
from epochwise.input_error import InputError, existing_path

Fit = Literal["crop", "pad", "squash"]
Colour = tuple[int, int, int]
#: What web pages and viewers lay under a transparent picture.
WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True)
class PictureView:
    """What is done to a picture besides making it grey or coloured.

    Args:
        fit: what becomes of a picture of other proportions: ``crop`` cuts off evenly what is too long, ``pad`` puts
            ``background`` around it, ``squash`` changes its proportions.
        background: laid under what is transparent; red, green and blue, each 0 to 255. ``None`` shows the colour that
            the file holds beneath, which nobody sees: so did runs before there was this setting, and go on to. Padding
            is then black.

    Raises:
        InputError: no such way to fit, or no colour.
    """

    fit: Fit = "crop"
    background: Colour | None = None

    def __post_init__(self) -> None:
        if self.fit not in get_args(Fit):
            raise InputError(f"data.fit: got {self.fit!r}, allowed: {', '.join(get_args(Fit))}")
        if self.background is not None:
            object.__setattr__(self, "background", colour(self.background))

    def __call__(self, picture: Image.Image, channels: int, height: int, width: int) -> np.ndarray:
        """Make a picture uint8 (H, W, C), where C is 1 or 3."""
        flat = _eight_bits(picture) if self.background is None else _opaque(picture, self.background)
        flat = flat.convert("L" if channels == 1 else "RGB")
        fitted = self.fitted(flat, (width, height), Image.Resampling.BICUBIC, self.background or (0, 0, 0))
        return np.array(fitted).reshape(height, width, channels)

    def fitted(self, flat: Image.Image, size: tuple[int, int], how: Image.Resampling, around: Colour) -> Image.Image:
        """Bring a picture, or its mask, to a width and height; ``around`` it what is padded."""
        if self.fit == "crop":
            return _resized(flat.crop(_middle(flat.size, size)), size, how)
        if self.fit == "squash":
            return _resized(flat, size, how)
        scale = min(size[0] / flat.width, size[1] / flat.height)
        inside = (max(1, round(flat.width * scale)), max(1, round(flat.height * scale)))
        whole = Image.new("RGB", size, around).convert(flat.mode)
        whole.paste(_resized(flat, inside, how), ((size[0] - inside[0]) // 2, (size[1] - inside[1]) // 2))
        return whole


def _middle(given: tuple[int, int], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """The largest box of the proportions of ``size`` in the middle of a picture: left, top, right and bottom."""
    scale = min(given[0] / size[0], given[1] / size[1])
    width, height = (max(1, round(scale * side)) for side in size)
    left, top = (given[0] - width) // 2, (given[1] - height) // 2
    return left, top, left + width, top + height


def _resized(flat: Image.Image, size: tuple[int, int], how: Image.Resampling) -> Image.Image:
    """Bicubic by torch, which takes a fifth of PIL's time and differs from it by one shade of 256 at most."""
    if how != Image.Resampling.BICUBIC or flat.size == size:
        return flat.resize(size, how)
    pixels = torch.from_numpy(np.array(flat))
    # Its vectorised way is for channels that lie side by side, as PIL gives them.
    planes = pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)
    fitted = functional.resize(planes, [size[1], size[0]], InterpolationMode.BICUBIC, antialias=True)
    return Image.fromarray((fitted[0] if pixels.ndim == 2 else fitted.permute(1, 2, 0)).numpy())


def colour(given: str | Sequence[int], key: str = "data.background") -> Colour:
    """Red, green and blue of a colour as people write it.

    Args:
        given: a name of CSS, ``#rrggbb`` (with or without the ``#``), or three numbers of 0 to 255.
        key: where it was given, for the message.

    Raises:
        InputError: it is none of these. The message names the closest name.
    """
    closest = ""
    if isinstance(given, str):
        digits = re.fullmatch(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})", given)
        name = given.strip().lower().replace(" ", "")
        if digits or name in ImageColor.colormap:
            rgb = ImageColor.getrgb(f"#{digits[1]}" if digits else name)
            return rgb[0], rgb[1], rgb[2]
        closest = InputError.closest(name, list(ImageColor.colormap))
    elif len(given) == 3 and all(type(value) is int and 0 <= value <= 255 for value in given):
        return given[0], given[1], given[2]
    allowed = "a name such as white, '#rrggbb', or [r, g, b] of 0 to 255 each"
    raise InputError(f"{key}: got {given!r}, allowed: {allowed}{closest}")


def _opaque(picture: Image.Image, background: Colour) -> Image.Image:
    """The picture as it is seen on a background; one without transparency as it is, in 8 bits a shade."""
    if not picture.has_transparency_data:
        return _eight_bits(picture)
    marked = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        # One of 65,536 shades is the transparent one, which PIL does not look for.
        alpha = Image.fromarray(np.where(np.asarray(picture) == marked, 0, 255).astype(np.uint8))
        above = Image.merge("LA", (_eight_bits(picture), alpha)).convert("RGBA")
    else:
        if picture.mode == "RGB" and isinstance(marked, tuple) and max(marked) > 255:
            # PIL keeps the upper 8 bits of 16 of a pixel, and all 16 of the colour that is transparent.
            picture.info["transparency"] = tuple(value >> 8 for value in marked)
        above = picture.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", picture.size, (*background, 255)), above).convert("RGB")


def _eight_bits(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        # 16 bits a shade: PIL's own conversion would cut off all above 255.
        return Image.fromarray((np.asarray(picture) >> 8).clip(0, 255).astype(np.uint8))
    # A palette may hold transparency, which PIL drops from there alone.
    return picture.convert("RGBA") if picture.mode == "P" else picture


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
        batch = functional.to_dtype(x[indices[start : start + 256]], torch.float32, scale=True)
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
        faults = threads.map(_fault, paths)
        return {path: fault for path, fault in zip(paths, faults, strict=True) if fault}


def _fault(path: str) -> str | None:
    try:
        with Image.open(path) as picture:
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
            return torch.stack([self._read(path) for path in paths])
        shape = (self.channels, self.height, self.width)
        return torch.stack(self.kept.pictures(paths, shape, repr(self.view), self._read))

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
