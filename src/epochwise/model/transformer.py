"""A small transformer for text and series."""

from collections.abc import Sequence
from typing import Annotated

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor, nn

from epochwise.model.sequence import embedding, kept_steps, pool


class Transformer(nn.Module):
    """Torch's encoder layers with the norm in front, over tokens or a series with learned positions.

    Args:
        input_shape: of one sample: (T,) for text of at most T tokens, (T, F) for a series of T steps.
        num_outputs: number of classes, labels or numbers; of a language model the size of the vocabulary.
        target: kind of target. ``"tokens"``: an answer at each step; any other: one a sample, of the mean over its own
            steps.
        num_tokens: size of the vocabulary; 0 for a series.
        pad_id: the token of padding.
        max_length: most steps that have a position, at least T; that of the weights it begins with.
        width: numbers of each step, a multiple of ``num_heads``; the layer inside is four times as wide.
        num_heads: of the attention.
        num_layers: each is a stage of a fine-tuning plan.
        dropout: fraction left out in training, in [0, 1).
        causal: a step sees itself and those before it alone. What a language model has to be, and what begins with the
            weights of one should stay.

    Raises:
        ValueError: the samples are no sequences or longer than ``max_length``; ``width`` is no multiple of
            ``num_heads``; a language model that is not causal.

    Source:
        Vaswani et al. 2017, https://arxiv.org/abs/1706.03762; the norm in front: Xiong et al. 2020,
        https://arxiv.org/abs/2002.04745.
    """

    def __init__(
        self,
        input_shape: Sequence[int],
        num_outputs: Annotated[int, Gt(0)],
        target: str,
        num_tokens: Annotated[int, Ge(0)],
        pad_id: int,
        max_length: Annotated[int, Ge(1)],
        width: Annotated[int, Gt(0)] = 64,
        num_heads: Annotated[int, Ge(1)] = 4,
        num_layers: Annotated[int, Ge(1)] = 2,
        dropout: Annotated[float, Ge(0), Lt(1)] = 0.1,
        causal: bool = True,
    ) -> None:
        super().__init__()
        steps = embedding("transformer", input_shape, num_tokens, width)
        if width % num_heads:
            raise ValueError(f"width: got {width}, allowed: a multiple of num_heads={num_heads}")
        if max_length < input_shape[0]:
            raise ValueError(f"max_length: got {max_length}, allowed: at least the {input_shape[0]} steps of a sample")
        if target == "tokens" and not causal:
            raise ValueError("causal: got false, allowed for a language model: true, or it would see what it is to say")
        self.target, self.pad_id, self.causal, self.max_length = target, pad_id, causal, max_length
        self.embedding = _Embedding(steps, max_length, width, dropout)
        for index in range(num_layers):
            layer = nn.TransformerEncoderLayer(
                width, num_heads, 4 * width, dropout, activation="gelu", batch_first=True, norm_first=True
            )
            self.add_module(f"layer{index + 1}", layer)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, num_outputs)

    def no_weight_decay(self) -> set[str]:
        """Positions, which decay would draw to one another."""
        return {"embedding.positions"}

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, T) tokens or a (B, T, F) series to (B, num_outputs); of a language model to (B, T, num_outputs).

        Raises:
            ValueError: T is above ``max_length``.
        """
        steps = x.shape[1]
        if steps > self.max_length:
            raise ValueError(f"{steps} steps are more than model.max_length={self.max_length}")
        kept = kept_steps(x, self.pad_id)
        if self.causal:  # padding comes last, so no step of a sample's own sees it
            unseen, padding = torch.ones(steps, steps, dtype=torch.bool, device=x.device).triu(1), None
        else:
            unseen, padding = None, ~kept
            padding[:, 0] = False  # a text without a token would attend to nothing, which is no number
        embed, *layers, norm, head = self.children()  # in the order they were added
        hidden = embed(x)
        for layer in layers:
            hidden = layer(hidden, unseen, padding, self.causal)
        hidden = norm(hidden)
        out: Tensor = head(hidden if self.target == "tokens" else pool(hidden, kept, "mean"))
        return out


class _Embedding(nn.Module):
    def __init__(self, steps: nn.Module, max_length: int, width: int, dropout: float) -> None:
        super().__init__()
        self.steps = steps
        self.positions = nn.Parameter(torch.randn(max_length, width) * width**-0.5)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.dropout(self.steps(x) + self.positions[: x.shape[1]])
        return out
