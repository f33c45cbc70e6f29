"""Some training pictures side by side, to look at."""

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.transforms.v2 import functional

from epochwise.data.split_data_module import SplitDataModule

PER_ROW = 12
TILE_PX, LABEL_PX, GAP_PX = 72, 16, 6
MOST_BYTES = 150_000  # 24 tiles of one byte a pixel are less


def picture_sheet(data: SplitDataModule) -> bytes:
    """Draw 24 training pictures with their labels: cut, resized and coloured as the network gets them.

    They are spread evenly over the classes. Where training augments, it is 12, and beneath them the same after one draw
    of the augmentation. Their colours are those before normalising.

    Args:
        data: set up; samples of shape (C, H, W), C 1 or 3.

    Returns:
        A PNG of at most 150 kB.
    """
    samples = data.splits["train"]
    count = min(len(samples), PER_ROW if data.augment else 2 * PER_ROW)
    by_class = torch.argsort(torch.as_tensor(samples.datasets[1]), stable=True)
    x, y = samples[by_class[torch.linspace(0, len(samples) - 1, count).long()].tolist()]
    x = functional.to_dtype(x, torch.float32, scale=True)
    names = data.spec.class_names if data.spec else []
    labels = [names[value] if names else f"{value:.4g}" for value in y.tolist()]
    if data.augment:
        with torch.random.fork_rng(devices=[]):  # what the run draws stays what it is
            augmented = data.augment(x)
        x = torch.cat([x, functional.resize(augmented, list(x.shape[-2:]))])  # one that crops leaves another size
        labels += [f"{label} +" for label in labels]
    sheet = _sheet(x, labels)
    png = _png(sheet)
    return png if len(png) <= MOST_BYTES else _png(sheet.quantize(256, Image.Quantize.FASTOCTREE))


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
