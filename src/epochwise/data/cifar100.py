"""Everyday things in a hundred classes, in the format of CIFAR-10."""

from torchvision import datasets

from epochwise.data.torchvision_pictures import TorchvisionPictures


class CIFAR100(TorchvisionPictures):
    """50,000 coloured pictures of 32x32 in 100 classes and 10,000 to test on; 169 MB to download.

    Source:
        Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html.
    """

    source = datasets.CIFAR100
