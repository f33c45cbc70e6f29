import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from epochwise.task.classification import Classification


def task(counts=(6, 3, 3), **settings):
    return Classification(nn.Identity(), None, None, class_counts=counts, **settings)


def test_the_loss_is_cross_entropy_in_nats():
    logits, y = torch.randn(5, 3), torch.tensor([0, 1, 2, 0, 1])
    assert task().compute_loss(logits, y) == pytest.approx(float(cross_entropy(logits, y)))
    smoothed = cross_entropy(logits, y, label_smoothing=0.2)
    assert task(label_smoothing=0.2).compute_loss(logits, y) == pytest.approx(float(smoothed))


def test_balanced_weights_are_those_of_scikit_learn():
    from sklearn.utils.class_weight import compute_class_weight

    labels = [0] * 6 + [1] * 3 + [2] * 3
    expected = compute_class_weight("balanced", classes=np.arange(3), y=labels)
    assert task(class_weights="balanced").class_weights.tolist() == pytest.approx(expected.tolist())


def test_the_weighted_loss_of_a_batch_is_the_mean_of_its_parts():
    model, logits, y = task(class_weights=[1.0, 2.0, 3.0]), torch.randn(4, 3), torch.tensor([0, 1, 2, 2])
    halves = (model.compute_loss(logits[:2], y[:2]) + model.compute_loss(logits[2:], y[2:])) / 2
    assert model.compute_loss(logits, y) == pytest.approx(float(halves))


def test_probabilities_are_predicted():
    assert task().predict(torch.randn(2, 3)).sum(dim=1).tolist() == pytest.approx([1.0, 1.0])


def test_another_number_of_weights_than_classes_is_refused():
    with pytest.raises(ValueError, match="got 2 weights, allowed: one for each of 3 classes"):
        task(class_weights=[1.0, 2.0])


def test_targets_that_are_numbers_are_refused():
    with pytest.raises(ValueError, match="are no classes; use task=regression"):
        task(counts=())


def test_nothing_known_scores_as_guessing_by_the_shares_and_nothing_scores_better_than_the_ideal():
    model, y = task(label_smoothing=0.2), torch.tensor([0] * 6 + [1] * 3 + [2] * 3)
    shares = torch.tensor([0.5, 0.25, 0.25])
    guessed = model.compute_loss((0.8 * shares + 0.2 / 3).log().repeat(12, 1), y)
    known = model.compute_loss((0.8 * torch.eye(3)[y] + 0.2 / 3).log(), y)
    assert model.reference_scores()["loss"] == pytest.approx((float(guessed), float(known)))
    assert model.reference_scores()["accuracy"] == (0.5, 1.0)


def test_weighted_losses_have_no_known_reference():
    assert "loss" not in task(class_weights="balanced").reference_scores()


def test_a_class_without_training_samples_has_no_balanced_weight():
    assert task(counts=(6, 0, 2), class_weights="balanced").class_weights.tolist() == pytest.approx([8 / 18, 0, 8 / 6])
