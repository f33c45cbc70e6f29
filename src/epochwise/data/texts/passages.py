"""Texts as a language model learns from them: rows of tokens, and the token after each."""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from epochwise.data.target import IGNORE
from epochwise.data.texts.token_rows import TokenRows
from epochwise.data.texts.tokenizer import Tokens

NUM_PIECES = 100  # that all texts together are cut into, where they are split by place


def placed_texts(texts: Sequence[str], names: Sequence[str], by_place: bool) -> dict[str, Any]:
    """Texts as they are to be split, and where each stands.

    Args:
        texts: N, none of them empty.
        names: N.
        by_place: cut them into pieces, at spaces, so that a split may end within a text.

    Returns:
        The same number of each: ``text``; ``place``, whole numbers that rise, by one from a piece to the next of the
        same text and by two from a text to another; ``name``, of a piece with the characters before it.
    """
    if not by_place:
        return {"text": list(texts), "place": 2 * np.arange(len(texts)), "name": list(names)}
    size = max(1, sum(map(len, texts)) // NUM_PIECES)
    found: dict[str, list[Any]] = {"text": [], "place": [], "name": []}
    place = 0
    for name, text in zip(names, texts, strict=True):
        begin = 0
        while begin < len(text):
            space = re.compile(r"\s+").search(text, begin + size)
            end = space.end() if space else len(text)
            found["text"].append(text[begin:end])
            found["place"].append(place)
            found["name"].append(f"{name}:{begin}" if begin else name)
            begin, place = end, place + 1
        place += 1
    return found | {"place": np.array(found["place"])}


class Passages:
    """Texts for a language model: ``x``, rows of tokens, and ``y``, the token after each.

    A separator stands before the first text, between two and after the last, so that each token of a text is one to be
    told, its first one and its end too.

    Args:
        tokens: of N texts.
        places: (N,) where each stands; one at the place after that of the text before it goes on with it, and no
            separator stands between the two.
        names: N names of the texts.
        length: T, tokens of a row at most.
        separator_id: what stands between texts.
        pad_id: what fills up shorter rows of ``x``; in ``y`` that is ``IGNORE``.
        packed: rows are cut out of all texts one after another, and the last one alone is shorter; else each text
            begins a row of its own.

    A row is named by the text in which it begins, and by how many of its tokens stand before it.
    """

    def __init__(
        self,
        tokens: Tokens,
        places: np.ndarray,
        names: Sequence[str],
        length: int,
        separator_id: int,
        pad_id: int,
        packed: bool,
    ) -> None:
        goes_on = np.zeros(len(places), dtype=bool)
        goes_on[1:] = places[1:] == places[:-1] + 1
        first = np.flatnonzero(~goes_on)  # texts before which a separator stands
        offsets = np.cumsum(tokens.counts) - tokens.counts
        ids = np.insert(tokens.ids, offsets[first], separator_id)
        ids = np.append(ids, np.int32(separator_id)) if len(places) else ids
        begins = offsets[first] + np.arange(len(first))  # those separators, by which a text can be found
        ends = np.append(begins[1:], len(ids) - 1) if len(first) else begins
        if packed:
            starts = np.arange(0, max(len(ids) - 1, 0), length)
            lengths = np.minimum(length, len(ids) - 1 - starts)
        else:
            num_rows = -(-(ends - begins) // length)
            row = np.arange(num_rows.sum()) - np.repeat(np.cumsum(num_rows) - num_rows, num_rows)
            starts = np.repeat(begins, num_rows) + row * length
            lengths = np.minimum(length, np.repeat(ends, num_rows) - starts)
        text = np.searchsorted(begins, starts, side="right") - 1
        named = [names[place] for place in first.tolist()]
        self.names = [
            f"{named[of]}:{start - begins[of]}" if start > begins[of] else named[of]
            for of, start in zip(text.tolist(), starts.tolist(), strict=True)
        ]
        self.x = TokenRows(ids, starts, lengths, pad_id, self.names)
        self.y = TokenRows(ids, starts + 1, lengths, IGNORE, self.names)

    def entropy(self) -> float:
        """Of the tokens that are to be told, in nats a token: what it costs to guess them by their shares."""
        # Each but the first is told once.
        counts = np.bincount(self.y.ids[1:]).astype(float)
        shares = counts[counts > 0] / counts.sum()
        return float(-(shares * np.log(shares)).sum())
