from types import SimpleNamespace

import pytest

from epochwise.commands.budget import in_tokens


def of_texts(num_tokens):
    counts = {"num_samples": {"train": 100}, "num_targets": {"train": 12_000}}
    return SimpleNamespace(spec=SimpleNamespace(num_tokens=num_tokens), **counts)


@pytest.mark.parametrize(
    ("num_samples", "words"), [(100, ", 12,000 tokens"), (1000, ", 120,000 tokens"), (99, ", about 11,900 tokens")]
)
def test_samples_are_told_in_tokens(num_samples, words):
    assert in_tokens(of_texts(9), num_samples) == words


def test_what_is_no_text_has_no_tokens():
    assert in_tokens(of_texts(0), 100) == ""
    assert in_tokens(SimpleNamespace(spec=SimpleNamespace(num_tokens=9)), 100) == ""
