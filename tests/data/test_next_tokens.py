"""Texts whose next tokens are to be told: data=text with kind=tokens."""

import pytest
import torch

from epochwise.data.target import IGNORE
from epochwise.data.text import Text
from epochwise.data.texts.tokenizer import NUM_SPECIAL, SEPARATOR
from epochwise.input_error import InputError


@pytest.fixture
def model_of_language(tmp_path):
    def make(num_texts=10, **settings):
        for number in range(num_texts):
            (tmp_path / f"{number}.txt").write_text("text ends here. " * (3 + number))
        data = Text(
            **{"path": str(tmp_path), "kind": "tokens", "tokenizer": "characters", "max_length": 16, **settings}
        )
        data.setup()
        return data

    return make


def said(data, ids):
    """The characters of tokens, those of no text left out."""
    return "".join(data.learned["tokens"]["tokens"][each - NUM_SPECIAL] for each in ids if each >= NUM_SPECIAL)


def test_next_tokens_are_told_once_and_splits_share_no_text(model_of_language):
    data = model_of_language()
    whole = ["text ends here. " * (3 + number) for number in range(10)]
    found = []
    for split in ("train", "val", "test"):
        x, y = data.splits[split][list(range(data.num_samples[split]))]
        assert (y[x == 0] == IGNORE).all()
        assert (y != IGNORE).sum() == data.num_targets[split]
        shown = torch.cat([x.new_tensor([SEPARATOR]), y[y != IGNORE]])
        texts = [said(data, each.tolist()) for each in torch.tensor_split(shown, (shown == SEPARATOR).nonzero()[:, 0])]
        assert any(texts)
        found += filter(None, texts)
    assert sorted(found) == sorted(whole)


def test_spec_of_a_language_model_knows_what_guessing_costs(model_of_language):
    data = model_of_language()
    y = data.splits["train"][list(range(data.num_samples["train"]))][1]
    shares = torch.bincount(y[y != IGNORE]) / (y != IGNORE).sum()
    assert data.spec.target_entropy == pytest.approx(float(torch.special.entr(shares).sum()), rel=1e-5)
    assert (data.spec.target, data.spec.num_outputs) == ("tokens", data.spec.num_tokens)
    assert data.spec.num_train == data.num_samples["train"]


def test_one_text_is_split_by_place(model_of_language):
    data = model_of_language(1, split_by="place", val_fraction=0.25, test_fraction=0.25)
    shown = []
    for split in ("train", "val", "test"):
        y = data.splits[split][list(range(data.num_samples[split]))][1]
        shown.append(said(data, y[y != IGNORE].tolist()))
    assert "".join(shown) == "text ends here. " * 3
    assert all(shown)


def test_a_text_of_ones_own_is_scored_row_by_row(model_of_language, tmp_path):
    data = model_of_language()
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "long.txt").write_text("text " * 5)
    (tmp_path / "own" / "short.txt").write_text("text")
    names, loader = data.predict_data(str(tmp_path / "own"))
    assert names == ["long", "long:16", "short"]
    ((x, y),) = list(loader)
    assert [(row != IGNORE).sum() for row in y] == [16, 10, 5]
    assert (x[:, 0] == SEPARATOR).tolist() == [True, False, True]


def test_too_few_texts_to_split_are_told_the_split_by_place(model_of_language):
    with pytest.raises(InputError, match=r"1 text\(s\), too few .*data.split_by=place"):
        model_of_language(1)
