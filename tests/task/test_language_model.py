from math import exp, log

import pytest
import torch
from torch import nn

from epochwise.data.target import IGNORE
from epochwise.task.language_model import LanguageModel


def task(**settings):
    return LanguageModel(nn.Identity(), None, None, "tokens", 6, **settings)


def batches(seed=0):
    chance = torch.Generator().manual_seed(seed)
    found = []
    for n, length in ((3, 9), (2, 4), (1, 15)):
        y = torch.randint(0, 6, (n, length), generator=chance)
        for row in range(n):
            y[row, length - row :] = IGNORE
        found.append((torch.randn(n, length, 6, generator=chance), y))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_perplexity_is_that_of_all_tokens_of_a_split_as_a_hand_written_loop_has_it(seed):
    model, given = task(), batches(seed)
    for batch in given:
        model.measure("val", batch)
    found = {name: float(value) for name, value in model.derived(model.meters["val"].compute()).items()}
    nats, tokens, right = 0.0, 0, 0
    for output, y in given:
        for logits, following in zip(output.flatten(0, 1).double(), y.flatten().tolist(), strict=True):
            if following != IGNORE:
                nats -= float(logits.log_softmax(dim=0)[following])
                right += int(logits.argmax()) == following
                tokens += 1
    loss = nats / tokens
    expected = {"loss": loss, "perplexity": exp(loss), "bits_per_token": loss / log(2), "accuracy": right / tokens}
    assert found == pytest.approx(expected, rel=1e-6)


def test_each_text_is_told_its_own_loss_and_tokens():
    (output, y), *_ = batches()
    rows = task().predict_step([output, y], 0)
    assert rows[:, 1].tolist() == [9, 8, 7]
    for row in range(3):
        assert float(rows[row, 0]) == pytest.approx(float(task().compute_loss(output[row : row + 1], y[row : row + 1])))


def test_guessing_by_the_shares_of_tokens_costs_their_entropy():
    assert task().reference_scores() == {}
    found = task(target_entropy=log(4)).reference_scores()
    assert found["bits_per_token"] == (pytest.approx(2.0), None)
    assert found["perplexity"][0] == pytest.approx(4.0)


def test_other_targets_are_refused():
    with pytest.raises(ValueError, match="is a class; use task=classification"):
        LanguageModel(nn.Identity(), None, None, "class", 6)
