"""scikit-learn's handwritten digits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from annotated_types import Ge, Le, MinLen
from sklearn.datasets import load_digits
from torchvision.transforms.v2 import functional

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule

SIZE_PX = 8


@dataclass(eq=False, kw_only=True)
class Digits(SplitDataModule):
    """1,797 grey pictures of 8x8, in scikit-learn's package: no download.

    Args:
        image_size: pixels, at least 8. Larger ones are laid out as MNIST's: enlarged to 20/28 of it, in a black frame.
        classes: the digits that are kept, such as [0, 1, 2]; None keeps all ten.

    Source:
        https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits, its published test set.
    """

    image_size: Annotated[int, Ge(SIZE_PX)] = SIZE_PX
    classes: Annotated[Sequence[Annotated[int, Ge(0), Le(9)]], MinLen(2)] | None = None

    def load(self) -> dict[str, Samples]:
        digits = load_digits()
        # 17 shades, 0 to 16, spread over those of a byte, so that one's own pictures have the same range.
        x = (digits.images * 255 / 16).round().astype(np.uint8)[:, None]
        if self.image_size > SIZE_PX:
            x = _framed(x, self.image_size)
        kept = np.unique(range(10) if self.classes is None else self.classes)
        rows = np.isin(digits.target, kept)
        y = np.searchsorted(kept, digits.target[rows])
        return {"train": Samples(x[rows], y, class_names=[str(digit) for digit in kept])}


def _framed(x: np.ndarray, size: int) -> np.ndarray:
    inside = max(round(size * 20 / 28), SIZE_PX)
    before, after = (size - inside) // 2, (size - inside + 1) // 2
    enlarged = functional.resize(torch.from_numpy(x), [inside, inside])  # bilinear
    return functional.pad(enlarged, [before, before, after, after]).numpy()
