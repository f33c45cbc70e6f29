import numpy as np
import pytest
import torch
from sklearn.metrics import average_precision_score, f1_score, log_loss
from torch import nn

from epochwise.task.multilabel import Multilabel


def task(counts=(6, 3), num_train=12, **settings):
    return Multilabel(nn.Identity(), None, None, "labels", counts, num_train, **settings)


def batches(seed=0):
    chance = torch.Generator().manual_seed(seed)
    return [
        (torch.randn(n, 2, generator=chance), (torch.rand(n, 2, generator=chance) < 0.4).float()) for n in (7, 5, 16)
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_scores_of_a_split_are_those_of_scikit_learn(seed):
    model, given = task(), batches(seed)
    for batch in given:
        model.measure("val", batch)
    found = {name: float(value) for name, value in model.meters["val"].compute().items()}
    output, y = (torch.cat(parts).numpy() for parts in zip(*given, strict=True))
    probability = 1 / (1 + np.exp(-output.astype("float64")))
    assert found["map"] == pytest.approx(average_precision_score(y, probability, average="macro"), abs=1e-6)
    for average in ("macro", "micro"):
        expected = f1_score(y, probability >= 0.5, average=average, zero_division=0)
        assert found[f"f1_{average}"] == pytest.approx(expected, abs=1e-6)
    losses = [log_loss(y[:, label], probability[:, label], labels=[0, 1]) for label in range(2)]
    assert found["loss"] == pytest.approx(np.mean(losses), abs=1e-6)


def test_an_epoch_that_was_cut_short_goes_on_with_all_that_was_predicted():
    one, other, given = task(), task(), batches()
    for batch in given:
        one.measure("train", batch)
    other.measure("train", given[0])
    resumed = task()
    resumed.meters["train"].load(other.meters["train"].state())
    for batch in given[1:]:
        resumed.measure("train", batch)
    assert {k: float(v) for k, v in one.meters["train"].compute().items()} == {
        k: float(v) for k, v in resumed.meters["train"].compute().items()
    }


def test_nothing_known_scores_as_guessing_by_the_shares():
    model = task(label_smoothing=0.2)
    y = torch.tensor([[1, 0]] * 3 + [[1, 1]] * 3 + [[0, 0]] * 6).float()
    shares = torch.tensor([0.5, 0.25])
    guessed = model.compute_loss((0.8 * shares + 0.1).logit().repeat(12, 1), y)
    known = model.compute_loss((0.8 * y + 0.1).logit(), y)
    assert model.reference_scores()["loss"] == pytest.approx((float(guessed), float(known)))
    assert model.reference_scores()["map"] == (0.375, 1.0)
    assert "loss" not in task(class_weights="balanced").reference_scores()


def test_balanced_weights_are_the_samples_without_a_label_for_each_with_it():
    assert task(class_weights="balanced").class_weights.tolist() == [1.0, 3.0]
    assert task((0, 12), class_weights="balanced").class_weights.tolist() == [1.0, 1.0]


def test_other_targets_and_another_number_of_weights_are_refused():
    with pytest.raises(ValueError, match="is a class; use task=classification"):
        Multilabel(nn.Identity(), None, None, "class", [1, 1], 2)
    with pytest.raises(ValueError, match="got 1 weights, allowed: one for each of 2 labels"):
        task(class_weights=[1.0])


def test_the_mean_of_neighbours_is_an_output():
    output = task().mean_output(torch.tensor([[[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]]]))
    assert output.sigmoid().tolist()[0] == pytest.approx([2.5 / 4, 0.5 / 4])
