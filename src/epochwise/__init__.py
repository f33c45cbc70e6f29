"""Epochwise: PyTorch Lightning + Hydra, and one question: how many epochs?

Letters in shapes, everywhere in this package: ``B`` batch, ``C`` channels or classes as said, ``H`` height, ``W``
width, ``F`` features, ``N`` samples, ``E`` epochs, ``K`` folds.
"""

__version__ = "0.1.0"
