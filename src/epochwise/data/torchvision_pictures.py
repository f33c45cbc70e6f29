"""Data sets of torchvision: MNIST, Fashion-MNIST, CIFAR-10 and CIFAR-100."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from filelock import FileLock
from torchvision import datasets

from epochwise.data.samples import Samples
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError
from epochwise.run.pretrained_weights import bounded_downloads


@dataclass(eq=False, kw_only=True)
class TorchvisionPictures(SplitDataModule):
    """A class of ``torchvision.datasets`` with a published test split, downloaded where it is missing.

    Args:
        root: folder of the files, laid out as torchvision does.

    Raises:
        InputError: the files are neither there nor can they be downloaded, or they are broken.
    """

    root: str = "datasets"
    source: ClassVar[Any]  # the class of torchvision.datasets, with .data, .targets and .classes

    def prepare_data(self) -> None:
        """Download what is missing, one process at a time; nothing where the data is loaded already."""
        if self.splits:
            return
        try:
            self._open_both(download=False)
        except InputError:  # missing, or another process is at it
            try:
                with FileLock(Path(self.root).expanduser() / ".download.lock"):
                    self._open_both(download=True)
            except OSError as error:
                raise InputError(f"data.root={self.root}: cannot be written to ({error})") from error

    def load(self) -> dict[str, Samples]:
        return {"train": self._samples(train=True), "test": self._samples(train=False)}

    def _samples(self, train: bool) -> Samples:
        pictures = self._open(train=train, download=False)
        x = np.asarray(pictures.data)
        # Grey pictures come as (N, H, W), coloured ones as (N, H, W, C).
        x = x[:, None] if x.ndim == 3 else np.ascontiguousarray(x.transpose(0, 3, 1, 2))
        return Samples(x, pictures.targets, class_names=pictures.classes)

    def _open_both(self, download: bool) -> None:
        for train in (True, False):
            self._open(train, download)

    def _open(self, train: bool, download: bool) -> Any:
        try:
            with bounded_downloads():
                return self.source(self.root, train=train, download=download)
        except Exception as error:  # idx and pickle files fail in many ways when they are cut short
            fault = "is not there, or broken" + (", and cannot be downloaded" if download else "")
            reason = " ".join(str(error).split())
            raise InputError(f"data.root={self.root}: {self.source.__name__} {fault} ({reason})") from error


class MNIST(TorchvisionPictures):
    """60,000 grey pictures of 28x28 and 10,000 to test on; 11 MB to download.

    Source:
        LeCun et al. 1998, http://yann.lecun.com/exdb/mnist/.
    """

    source = datasets.MNIST


class FashionMNIST(TorchvisionPictures):
    """60,000 grey pictures of 28x28 and 10,000 to test on; 30 MB to download.

    Source:
        Xiao et al. 2017, https://arxiv.org/abs/1708.07747.
    """

    source = datasets.FashionMNIST


class CIFAR10(TorchvisionPictures):
    """50,000 coloured pictures of 32x32 in 10 classes and 10,000 to test on; 170 MB to download.

    Source:
        Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    source = datasets.CIFAR10


class CIFAR100(TorchvisionPictures):
    """50,000 coloured pictures of 32x32 in 100 classes and 10,000 to test on; 169 MB to download.

    Source:
        Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    source = datasets.CIFAR100
