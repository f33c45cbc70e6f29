"""Samples of one's own, and any of several labels for each."""

import numpy as np

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule


class Mine(SplitDataModule):
    """Your samples. Until ``load`` reads them, 1,000 points: which lie to the right, above, and far out."""

    def load(self) -> dict[str, Samples]:
        x = np.random.default_rng(0).normal(size=(1000, 2))  # (N, ...)
        y = np.stack([x[:, 0] > 0, x[:, 1] > 0, np.hypot(*x.T) > 1], axis=1)  # (N, C), 1 where a label is there
        return {"train": Samples(x, y.astype(int), ["right", "above", "far"], kind="labels")}
