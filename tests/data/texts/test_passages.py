import numpy as np
import pytest

from epochwise.data.target import IGNORE
from epochwise.data.texts.passages import Passages, placed_texts
from epochwise.data.texts.tokenizer import Tokens

SEPARATOR = 2


def passages(texts, places=None, length=3, packed=True):
    counts = np.array([len(text) for text in texts], dtype=np.int64)
    tokens = Tokens(np.array([token for text in texts for token in text], dtype=np.int32), counts)
    places = 2 * np.arange(len(texts)) if places is None else np.array(places)
    return Passages(tokens, places, [f"t{row}" for row in range(len(texts))], length, SEPARATOR, 0, packed)


def test_packed_rows_hold_all_texts_and_each_token_is_told_once():
    found = passages([[5, 6], [7], [8, 9]])
    x, y = found.x[[0, 1, 2]], found.y[[0, 1, 2]]
    assert x.tolist() == [[2, 5, 6], [2, 7, 2], [8, 9, 0]]
    assert y.tolist() == [[5, 6, 2], [7, 2, 8], [9, 2, IGNORE]]
    assert found.names == ["t0", "t1", "t2:1"]


def test_texts_that_are_not_packed_begin_a_row_each():
    found = passages([[5, 6, 7, 8], [9]], packed=False)
    assert found.x[[0, 1, 2]].tolist() == [[2, 5, 6], [7, 8, 0], [2, 9, 0]]
    assert found.y[[0, 1, 2]].tolist() == [[5, 6, 7], [8, 2, IGNORE], [9, 2, IGNORE]]
    assert found.names == ["t0", "t0:3", "t1"]
    assert found.x[[2]].tolist() == [[2, 9]]


def test_no_separator_stands_between_pieces_of_one_text():
    found = passages([[5], [6], [7], [8]], places=[0, 1, 3, 5], length=9)
    assert found.x[[0]].tolist() == [[2, 5, 6, 2, 7, 2, 8]]


@pytest.mark.parametrize("packed", [True, False])
def test_no_text_gives_no_row(packed):
    found = passages([], packed=packed)
    assert (len(found.x), len(found.y), found.names) == (0, 0, [])


def test_entropy_is_that_of_the_tokens_that_are_told():
    found = passages([[5, 5], [6]])  # told: 5, 5, separator, 6, separator
    shares = np.array([2, 2, 1]) / 5
    assert found.entropy() == pytest.approx(-(shares * np.log(shares)).sum())


def test_texts_split_by_place_are_cut_at_spaces_and_lose_nothing():
    texts = ["one two three four five " * 20, "a" * 50 + " b"]
    found = placed_texts(texts, ["long", "short"], by_place=True)
    gap = found["name"].index("short")
    assert "".join(found["text"][:gap]) == texts[0]
    assert "".join(found["text"][gap:]) == texts[1]
    assert np.diff(found["place"]).tolist() == [1] * (gap - 1) + [2] + [1] * (len(found["text"]) - gap - 1)
    assert all(text.endswith(" ") for text in found["text"][: gap - 1])
    assert found["name"][1] == f"long:{len(found['text'][0])}"
