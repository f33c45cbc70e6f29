import numpy as np

from epochwise.data.texts.token_rows import TokenRows, whole_rows
from epochwise.data.texts.tokenizer import Tokens

TOKENS = Tokens(np.array([5, 6, 7, 8, 9, 4], dtype=np.int32), np.array([3, 1, 2]))


def test_a_batch_is_as_long_as_its_longest_text():
    rows = whole_rows(TOKENS, pad_id=0)
    assert rows[[0, 1]].tolist() == [[5, 6, 7], [8, 0, 0]]
    assert rows[[2, 1]].tolist() == [[9, 4], [8, 0]]
    assert rows[[1]].tolist() == [[8]]
    assert rows[[]].shape[0] == 0


def test_tokens_of_rows_are_counted_as_often_as_they_stand_there():
    rows = TokenRows(TOKENS.ids, np.array([0, 0, 4]), np.array([2, 2, 1]), fill=-1)
    assert rows.num_tokens == 5
    assert rows[[0, 1, 2]].tolist() == [[5, 6], [5, 6], [9, -1]]
