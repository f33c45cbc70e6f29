"""Letters with their marks, from the fonts that matplotlib ships: several labels a picture, or a mask."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, MinLen
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule

FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif")
#: Latin-1, Latin Extended-A and -B, and Latin Extended Additional of Unicode.
BLOCKS = (range(0x41, 0x7B), range(0xC0, 0x250), range(0x1E00, 0x1F00))
#: The marks that at least 17 letters have, in the order of Unicode.
MARKS = {
    "\u0300": "grave",
    "\u0301": "acute",
    "\u0302": "circumflex",
    "\u0303": "tilde",
    "\u0304": "macron",
    "\u0306": "breve",
    "\u0307": "dot above",
    "\u0308": "diaeresis",
    "\u0309": "hook above",
    "\u030c": "caron",
    "\u031b": "horn",
    "\u0323": "dot below",
    "\u0331": "line below",
}
PARTS = ["ground", "letter", "mark"]
DOTLESS = {"i": "\u0131", "j": "\u0237"}


def marked_letters() -> dict[str, tuple[str, str]]:
    """Letter -> the letter of the alphabet that it is, and its marks, all of ``MARKS``; none, for A to Z and a to z."""
    found = {}
    for letter in (chr(code) for block in BLOCKS for code in block):
        base, *marks = list(unicodedata.normalize("NFD", letter))
        if base.isascii() and base.isalpha() and all(mark in MARKS for mark in marks):
            found[letter] = (base, "".join(marks))
    return found


@dataclass(eq=False, kw_only=True)
class Letters(SplitDataModule):
    """Grey pictures of 400 letters, most of them with one or two marks, in each of some fonts; no download.

    What the marks are says Unicode; where they are, the same font's letter without them: what it does not cover is
    mark. A letter is in one split alone, in all fonts.

    Args:
        kind: ``labels``: which of 13 marks a letter has, any or none. ``mask``: ground, letter or mark, of each pixel.
        image_size: pixels.
        fonts: of matplotlib, by their files' names: DejaVuSans, DejaVuSerif-Bold, ...

    Source:
        https://dejavu-fonts.github.io, https://www.unicode.org/reports/tr15 (canonical decomposition).
    """

    kind: Literal["labels", "mask"] = "labels"
    image_size: Annotated[int, Ge(16)] = 32
    fonts: Annotated[Sequence[str], MinLen(1)] = FONTS

    def load(self) -> dict[str, Samples]:
        letters, size = marked_letters(), self.image_size
        x, names, groups = [], [], []
        y: list[Any] = []
        for name in self.fonts:
            font = ImageFont.truetype(f"{get_data_path()}/fonts/ttf/{name}.ttf", round(size * 0.6))
            for number, (letter, (base, marks)) in enumerate(letters.items()):
                whole = _drawn(letter, letter, font, size)
                x.append(whole[None])
                names.append(f"{letter} {name}")
                groups.append(number)
                if self.kind == "labels":
                    y.append([mark in marks for mark in MARKS])
                else:
                    bare = _drawn(DOTLESS.get(base, base) if marks else letter, letter, font, size)
                    y.append(np.where(whole < 128, 0, np.where(bare < 64, 2, 1)))
        targets = np.array(y, dtype=np.float32 if self.kind == "labels" else np.int64)
        class_names = list(MARKS.values()) if self.kind == "labels" else PARTS
        return {"train": Samples(np.stack(x), targets, class_names, names, np.array(groups), self.kind)}


def _drawn(text: str, beside: str, font: ImageFont.FreeTypeFont, size: int) -> np.ndarray:
    """uint8 (size, size): bright on black, where ``beside`` would be in the middle."""
    picture = Image.new("L", (size, size))
    left = round((size - font.getlength(beside)) / 2)
    ImageDraw.Draw(picture).text((left, round(size * 0.72)), text, fill=255, font=font, anchor="ls")
    return np.array(picture)
