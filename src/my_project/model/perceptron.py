"""A network with one hidden layer."""

from torch import Tensor, nn


class Perceptron(nn.Module):
    """One hidden layer over (B, F) features."""

    def __init__(self, num_features: int, num_outputs: int, hidden_size: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(num_features, hidden_size), nn.Tanh(), nn.Linear(hidden_size, num_outputs)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, F) features to (B, C) outputs."""
        return self.layers(x)
