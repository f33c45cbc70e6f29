"""Points of the plane in two half moons."""

from sklearn.datasets import make_moons

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule


class Moons(SplitDataModule):
    """1,000 points of the plane in two half moons; cutting, batching and scaling are done for them."""

    def load(self) -> dict[str, Samples]:
        """Give all samples as one split, which is cut into three."""
        x, y = make_moons(1000, noise=0.2, random_state=0)
        return {"train": Samples(x, y, class_names=["upper", "lower"])}
