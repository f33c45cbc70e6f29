"""How a picture is seen by a network: its transparency, its colours, its proportions."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import torch
from PIL import Image, ImageColor
from torch.nn.functional import interpolate
from torchvision.transforms.v2 import InterpolationMode, functional

from epochwise.input_error import InputError

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

    def __call__(self, picture: Image.Image, channels: int, height: int, width: int) -> torch.Tensor:
        """Make a picture uint8 (C, H, W), where C is 1 or 3."""
        flat = _eight_bits(picture) if self.background is None else _opaque(picture, self.background)
        mode = "L" if channels == 1 else "RGB"
        return self.fitted(planes(flat if flat.mode == mode else flat.convert(mode)), height, width)

    def fitted(
        self,
        pixels: torch.Tensor,
        height: int,
        width: int,
        how: InterpolationMode = InterpolationMode.BICUBIC,
        around: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Bring a picture, or its mask, to a height and width, with torch, which takes a fifth of PIL's time.

        Args:
            pixels: uint8 (C, H, W).
            height: in pixels.
            width: in pixels.
            how: bicubic for a picture, the nearest pixel for a mask.
            around: uint8 (C, 1, 1): what is padded; None: the background.
        """
        high, wide = pixels.shape[1:]
        if self.fit == "crop":
            scale = min(high / height, wide / width)
            cut_high, cut_wide = max(1, round(scale * height)), max(1, round(scale * width))
            if (cut_high, cut_wide) != (high, wide):
                top, left = (high - cut_high) // 2, (wide - cut_wide) // 2
                pixels = pixels[:, top : top + cut_high, left : left + cut_wide]
        inside = [height, width]
        if self.fit == "pad":
            scale = min(height / high, width / wide)
            inside = [max(1, round(high * scale)), max(1, round(wide * scale))]
        fitted = _resized(pixels, inside, how) if list(pixels.shape[1:]) != inside else pixels
        if inside == [height, width]:
            return fitted.contiguous()
        if around is None:
            paper = Image.new("RGB", (1, 1), self.background or (0, 0, 0))
            around = planes(paper.convert("L" if len(pixels) == 1 else "RGB"))
        top, left = (height - inside[0]) // 2, (width - inside[1]) // 2
        whole = around.repeat(1, height, width)
        whole[:, top : top + inside[0], left : left + inside[1]] = fitted
        return whole


def _resized(pixels: torch.Tensor, size: list[int], how: InterpolationMode) -> torch.Tensor:
    if how != InterpolationMode.BICUBIC:
        return functional.resize(pixels, size, how, antialias=False)
    # What torchvision calls, which takes a quarter of a small picture's time for what is around. The vectorised way is
    # for channels that lie side by side, as ``planes`` leaves them.
    return interpolate(pixels[None], size, mode="bicubic", align_corners=False, antialias=True)[0]


def planes(picture: Image.Image) -> torch.Tensor:
    """A picture of one or three channels as a tensor uint8 (C, H, W)."""
    pixels = torch.from_numpy(np.array(picture))
    return pixels[None] if pixels.ndim == 2 else pixels.permute(2, 0, 1)


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
