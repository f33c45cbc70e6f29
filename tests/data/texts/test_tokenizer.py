import json
import sys

import pytest

from epochwise.data.texts.tokenizer import NUM_SPECIAL, learn_tokens, read_hugging_face, tokenizer_of
from epochwise.input_error import InputError


@pytest.mark.parametrize(
    ("kind", "lowercase", "tokens"),
    [
        ("characters", False, [" ", "a", ".", "A", "b"]),
        ("characters", True, [" ", "a", ".", "b"]),
        ("words", False, ["a", ".", "A", "b"]),
        ("words", True, ["a", ".", "b"]),
    ],
)
def test_tokens_stand_by_frequency_and_then_by_alphabet(kind, lowercase, tokens):
    learned = learn_tokens(["a A b", "a ."], kind, None, lowercase)
    assert learned == {"kind": kind, "lowercase": lowercase, "tokens": tokens}


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_what_the_training_texts_did_not_have_is_unknown(kind):
    found = tokenizer_of(learn_tokens(["b b a"], kind, None, False))(["b", "c", "a"])
    b, c, a = found.ids.tolist()
    assert found.counts.tolist() == [1, 1, 1]
    assert c == 1
    assert NUM_SPECIAL <= b < a


def test_max_tokens_counts_all_and_keeps_the_most_frequent():
    tokenizer = tokenizer_of(learn_tokens(["a a a b b c"], "words", NUM_SPECIAL + 2, False))
    assert tokenizer.num_tokens == 5
    assert tokenizer(["a b c"]).ids.tolist() == [3, 4, 1]


def test_longer_texts_are_cut_and_counted():
    tokenizer = tokenizer_of(learn_tokens(["a b c d"], "words", None, False))
    found = tokenizer(["a b c d", "c", "d d d"], max_length=2)
    assert found.ids.tolist() == [3, 4, 5, 6, 6]
    assert found.counts.tolist() == [2, 1, 2]
    assert found.num_cut == 2


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_a_text_without_a_token_is_one_unknown(kind):
    found = tokenizer_of(learn_tokens(["ab"], kind, None, False))(["", "ab"])
    assert found.counts[0] == 1
    assert found.ids[0] == 1


@pytest.mark.parametrize("kept", [None, {"kind": "words"}, {"kind": "words", "tokens": [1]}, {"kind": "huggingface"}])
def test_what_is_no_vocabulary_is_refused(kept):
    with pytest.raises(InputError, match=r"^data: "):
        tokenizer_of(kept)


@pytest.fixture
def folder(tmp_path):
    """A tokenizer as Hugging Face saves it: four words, and what its configuration calls them."""
    words = {"[UNK]": 0, "</s>": 1, "one": 2, "two": 3}
    written = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [],
        "normalizer": None,
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": None,
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": words, "unk_token": "[UNK]"},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(written))

    def with_config(**config):
        (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
        return tmp_path

    return with_config


@pytest.mark.parametrize(
    ("config", "pad", "separator", "size"),
    [
        ({"eos_token": "</s>", "pad_token": "[UNK]"}, 0, 1, 4),
        ({"eos_token": {"content": "</s>"}}, 4, 1, 5),
        ({"eos_token": "</s>", "pad_token": "</s>"}, 4, 1, 5),
        ({}, 4, 5, 6),
    ],
)
def test_hugging_face_tokenizer_never_pads_with_a_token_of_texts(folder, config, pad, separator, size):
    pytest.importorskip("tokenizers")
    tokenizer = tokenizer_of(read_hugging_face(folder(**config)))
    assert (tokenizer.pad_id, tokenizer.separator_id, tokenizer.num_tokens) == (pad, separator, size)
    found = tokenizer(["one two", "two three one"], max_length=2)
    assert found.ids.tolist() == [2, 3, 3, 0]
    assert (found.counts.tolist(), found.num_cut) == ([2, 2], 1)


def test_missing_package_is_one_line(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "tokenizers", None)
    with pytest.raises(InputError, match="needs the package tokenizers, which is not installed: the extra 'hf'"):
        read_hugging_face(folder())


def test_damaged_hugging_face_tokenizer_is_one_line(tmp_path):
    pytest.importorskip("tokenizers")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(InputError, match="not a readable tokenizer"):
        read_hugging_face(tmp_path)
