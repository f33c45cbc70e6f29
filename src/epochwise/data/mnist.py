"""Handwritten digits."""

from torchvision import datasets

from epochwise.data.torchvision_pictures import TorchvisionPictures


class MNIST(TorchvisionPictures):
    """60,000 grey pictures of 28x28 and 10,000 to test on; 11 MB to download.

    Source:
        LeCun et al. 1998, http://yann.lecun.com/exdb/mnist/.
    """

    source = datasets.MNIST
