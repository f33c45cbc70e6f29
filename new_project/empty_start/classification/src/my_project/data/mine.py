"""Samples of one's own."""

from sklearn.datasets import make_moons

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule


class Mine(SplitDataModule):
    """Your samples. Until ``load`` reads them, 1,000 points of the plane in two half moons."""

    def load(self) -> dict[str, Samples]:
        x, y = make_moons(1000, noise=0.2, random_state=0)
        return {"train": Samples(x, y, class_names=["upper", "lower"])}
