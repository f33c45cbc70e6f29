"""Samples of one's own, and a number for each."""

from sklearn.datasets import make_friedman1

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule


class Mine(SplitDataModule):
    """Your samples. Until ``load`` reads them, 500 of ten features, five of which say the number."""

    def load(self) -> dict[str, Samples]:
        x, y = make_friedman1(500, noise=1.0, random_state=0)  # x is (N, ...), y (N,), or (N, T) for T numbers
        return {"train": Samples(x, y)}
