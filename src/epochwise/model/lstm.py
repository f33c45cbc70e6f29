"""A recurrent network for text and series."""

from collections.abc import Sequence
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from epochwise.model.sequence import embedding, kept_steps, pool


class LSTM(nn.Module):
    """Layers of an LSTM over tokens or a series, which read from the first step to the last.

    A step sees itself and those before it, so padding at the end changes nothing, and one network is a language model
    or a classifier: the layers of the one begin the other.

    Args:
        input_shape: of one sample: (T,) for text of at most T tokens, (T, F) for a series of T steps.
        num_outputs: number of classes, labels or numbers; of a language model the size of the vocabulary.
        target: kind of target. ``"tokens"``: an answer at each step; any other: one a sample.
        num_tokens: size of the vocabulary; 0 for a series.
        pad_id: the token of padding.
        embedding_size: numbers that a token or a step of a series becomes.
        hidden_size: units of each layer.
        num_layers: each is a stage of a fine-tuning plan.
        dropout: fraction left out in training before each layer and before the head, in [0, 1).
        pooling: the one answer of a sample is made of the mean over its steps, or of the last one.

    Raises:
        ValueError: the samples are no sequences.

    Source:
        Hochreiter & Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735; as a language model that becomes a
        classifier: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        target: str,
        num_tokens: Annotated[int, Ge(0)],
        pad_id: int,
        embedding_size: Annotated[int, Gt(0)] = 64,
        hidden_size: Annotated[int, Gt(0)] = 128,
        num_layers: Annotated[int, Ge(1)] = 1,
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.2,
        pooling: Literal["mean", "last"] = "mean",
    ) -> None:
        super().__init__()
        self.target, self.pad_id, self.pooling = target, pad_id, pooling
        self.embedding = embedding("lstm", input_shape, num_tokens, embedding_size)
        for index in range(num_layers):
            self.add_module(f"layer{index + 1}", _Layer(hidden_size if index else embedding_size, hidden_size, dropout))
        self.head = nn.Sequential(nn.Dropout(dropout), nn.Linear(hidden_size, num_outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T) tokens or a (B, T, F) series to (B, num_outputs); of a language model to (B, T, num_outputs)."""
        *layers, head = self.children()  # in the order they were added
        hidden = x
        for layer in layers:
            hidden = layer(hidden)
        out: Tensor = head(
            hidden if self.target == "tokens" else pool(hidden, kept_steps(x, self.pad_id), self.pooling)
        )
        return out


class _Layer(nn.Module):
    def __init__(self, size_in: int, size: int, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.lstm = nn.LSTM(size_in, size, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.lstm(self.dropout(x))[0]
        return out
