"""Some training pictures side by side, to look at."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from typing import Any

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.utils.data import StackDataset
from torchvision.transforms.v2 import functional

from epochwise.data.spec import Spec
from epochwise.data.target import IGNORE

PER_ROW = 12
TILE_PX, LABEL_PX, GAP_PX = 72, 16, 6
MOST_BYTES = 150_000  # 24 tiles of one byte a pixel are less
#: Of the classes of a mask after the first, which is most often the background: matplotlib's first colours.
MASK_COLOURS = [(255, 127, 14), (31, 119, 180), (44, 160, 44), (214, 39, 40), (148, 103, 189), (23, 190, 207)]
NOTHING_SAID = (127, 127, 127)


def picture_sheet(data: Any) -> bytes:
    """Draw 24 training pictures with their labels: cut, resized and coloured as the network gets them.

    They are spread evenly over the classes, or the samples. Where training augments, it is 12, and beneath them the
    same after one draw of the augmentation. Their colours are those before normalising. A mask lies over its picture:
    each class but the first in a colour, what says nothing in grey.

    Args:
        data: set up; samples of shape (C, H, W), C 1 or 3, or several inputs of which that is the first.

    Returns:
        A PNG of at most 150 kB.
    """
    samples = data.splits["train"]
    count = min(len(samples), PER_ROW if data.augment else 2 * PER_ROW)
    places = torch.linspace(0, len(samples) - 1, count).long()
    in_memory = isinstance(samples, StackDataset) and len(samples.datasets) > 1
    targets = samples.datasets[1] if in_memory else None
    if isinstance(targets, Tensor) and targets.ndim == 1:
        places = torch.argsort(targets, stable=True)[places]
    x, *rest = samples[places.tolist()]
    y = rest[0] if rest else None
    x = functional.to_dtype(next(iter(x.values())) if isinstance(x, dict) else x, torch.float32, scale=True)
    labels, seen = _labels(y, data.spec, count), _with_mask(x, y)
    if data.augment:
        with torch.random.fork_rng(devices=[]):  # what the run draws stays what it is
            augmented = _with_mask(*data.augmented(x, y))
        seen = torch.cat([seen, functional.resize(augmented, list(seen.shape[-2:]))])  # a crop leaves another size
        labels += [f"{label} +" for label in labels]
    sheet = _sheet(seen, labels)
    png = _png(sheet)
    return png if len(png) <= MOST_BYTES else _png(sheet.quantize(256, Image.Quantize.FASTOCTREE))


def _labels(y: Any, spec: Spec | None, count: int) -> list[str]:
    """What is written beneath each picture; nothing where it does not fit into a word."""
    kind = spec.target if spec else "own"
    if spec is None or not isinstance(y, Tensor) or kind not in ("class", "number", "labels"):
        return [""] * count
    if kind == "class":
        return [spec.class_names[value] for value in y.tolist()]
    if kind == "labels":
        return [
            ", ".join(name for name, there in zip(spec.class_names, row, strict=True) if there) for row in y.tolist()
        ]
    return (
        [", ".join(f"{value:.4g}" for value in row) for row in y.flatten(1).tolist()]
        if y.ndim > 1
        else [f"{value:.4g}" for value in y.tolist()]
    )


def _with_mask(x: Tensor, y: Any) -> Tensor:
    """Pictures (N, C, H, W) with masks, integers (N, H, W), half visible over them; what is no mask shows nothing."""
    if not isinstance(y, Tensor) or y.ndim != 3 or y.is_floating_point() or y.shape[1:] != x.shape[2:]:
        return x
    colours = x.new_tensor([*MASK_COLOURS, NOTHING_SAID]) / 255
    place = torch.where(y == IGNORE, len(MASK_COLOURS), (y - 1) % len(MASK_COLOURS))
    coloured = x.expand(-1, 3, -1, -1) / 2 + colours[place].permute(0, 3, 1, 2) / 2
    return torch.where((y != 0)[:, None], coloured, x)


def _sheet(x: Tensor, labels: list[str]) -> Image.Image:
    """``x`` (N, C, H, W), floats in [0, 1] (of one's own data also others, which are then spread over it)."""
    if x.min() < 0 or x.max() > 1:
        x = (x - x.min()) / (x.max() - x.min()).clamp_min(1e-6)
    pixels = (x * 255).round().to(torch.uint8).permute(0, 2, 3, 1).numpy()
    size = _tile_size(pixels.shape[1], pixels.shape[2])
    across, down = size[0] + GAP_PX, size[1] + LABEL_PX + GAP_PX
    rows = -(-len(pixels) // PER_ROW)
    whole = (min(len(pixels), PER_ROW) * across + GAP_PX, rows * down + GAP_PX)
    sheet = Image.new("L" if pixels.shape[3] == 1 else "RGB", whole, "white")
    pen, font = ImageDraw.Draw(sheet), _font()
    for index, (tile, label) in enumerate(zip(pixels, labels, strict=True)):
        left, top = GAP_PX + index % PER_ROW * across, GAP_PX + index // PER_ROW * down
        picture = Image.fromarray(tile[..., 0] if tile.shape[2] == 1 else tile)
        # Each pixel of a small one is to be seen.
        how = Image.Resampling.BICUBIC if size[0] < picture.width else Image.Resampling.NEAREST
        sheet.paste(picture.resize(size, how), (left, top))
        while len(label) > 1 and font.getlength(label) > size[0]:
            label = label.rstrip("…")[:-1] + "…"
        pen.text((left, top + size[1] + 1), label, fill="black", font=font)
    return sheet


def _tile_size(height: int, width: int) -> tuple[int, int]:
    """Width and height of a tile: whole pixels for each of a small picture, at most ``TILE_PX`` of a large one."""
    side = max(height, width)
    if side <= TILE_PX:
        return width * (TILE_PX // side), height * (TILE_PX // side)
    return max(1, width * TILE_PX // side), max(1, height * TILE_PX // side)


def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """DejaVu Sans, which has most alphabets, from matplotlib's folder: to import that takes a second."""
    package = find_spec("matplotlib")
    if package is None or package.origin is None:
        return ImageFont.load_default()
    return ImageFont.truetype(Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf", 11)


def _png(sheet: Image.Image) -> bytes:
    file = BytesIO()
    sheet.save(file, "PNG")
    return file.getvalue()
