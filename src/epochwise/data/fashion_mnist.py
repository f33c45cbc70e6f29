"""Pieces of clothing, in the format of MNIST."""

from torchvision import datasets

from epochwise.data.torchvision_pictures import TorchvisionPictures


class FashionMNIST(TorchvisionPictures):
    """60,000 grey pictures of 28x28 and 10,000 to test on; 30 MB to download.

    Source:
        Xiao et al. 2017, https://arxiv.org/abs/1708.07747.
    """

    source = datasets.FashionMNIST
