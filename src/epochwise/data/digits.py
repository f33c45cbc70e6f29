"""scikit-learn's handwritten digits."""

import numpy as np
from sklearn.datasets import load_digits

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule


class Digits(SplitDataModule):
    """1,797 grey pictures of 8x8, in scikit-learn's package: no download.

    Source:
        https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits, its published test set.
    """

    def load(self) -> dict[str, Samples]:
        digits = load_digits()
        # 17 shades, 0 to 16, spread over those of a byte, so that one's own pictures have the same range.
        x = (digits.images * 255 / 16).round().astype(np.uint8)[:, None]
        return {"train": Samples(x, digits.target, class_names=[str(name) for name in digits.target_names])}
