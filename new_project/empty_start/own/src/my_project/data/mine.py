"""A data set of one's own."""

import torch
from torch import Tensor
from torch.utils.data import Dataset


class Mine(Dataset):
    """Your samples, in any data set of torch. As yet 500 noisy waves, and what they were without the noise."""

    def __init__(self) -> None:
        chance = torch.Generator().manual_seed(0)
        self.waves = torch.sin(6 * torch.rand(500, 1, generator=chance) + torch.linspace(0, 6, 32))
        self.noisy = self.waves + 0.5 * torch.randn(self.waves.shape, generator=chance)

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:  # or a dict; or several inputs and the target
        return self.noisy[place], self.waves[place]
