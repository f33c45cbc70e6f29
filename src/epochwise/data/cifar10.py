"""Animals and vehicles."""

from torchvision import datasets

from epochwise.data.torchvision_pictures import TorchvisionPictures


class CIFAR10(TorchvisionPictures):
    """50,000 coloured pictures of 32x32 in 10 classes and 10,000 to test on; 170 MB to download.

    Source:
        Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    source = datasets.CIFAR10
