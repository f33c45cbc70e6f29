"""Rows of tokens, cut out of one long array when a batch is asked for."""

from collections.abc import Sequence

import numpy as np
import torch
from torch.utils.data import Dataset

from epochwise.data.texts.tokenizer import Tokens


class TokenRows(Dataset):
    """N rows of one array of tokens: ``rows[list of indices]`` is a tensor int64 (B, T), T the longest of them.

    Args:
        ids: (M,) ints.
        starts: (N,) where each row begins.
        lengths: (N,) how long it is, at least 1.
        fill: what stands after the end of a shorter row.
        names: N names of the rows, where they are not those of samples.
    """

    def __init__(
        self, ids: np.ndarray, starts: np.ndarray, lengths: np.ndarray, fill: int, names: Sequence[str] = ()
    ) -> None:
        self.ids, self.starts, self.lengths, self.fill, self.names = ids, starts, lengths, fill, list(names)

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, indices: Sequence[int]) -> torch.Tensor:
        starts, lengths = self.starts[indices], self.lengths[indices]
        steps = np.arange(lengths.max(initial=1))
        inside = steps < lengths[:, None]
        places = np.where(inside, starts[:, None] + steps, 0)
        return torch.from_numpy(np.where(inside, self.ids[places], self.fill).astype(np.int64))

    @property
    def num_tokens(self) -> int:
        """Tokens of all rows."""
        return int(self.lengths.sum())


def whole_rows(tokens: Tokens, pad_id: int) -> TokenRows:
    """One row a text."""
    return TokenRows(tokens.ids, np.cumsum(tokens.counts) - tokens.counts, tokens.counts, pad_id)
