import numpy as np
import pytest
import torch
from torch import nn
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score, MulticlassJaccardIndex

from epochwise.data.target import IGNORE
from epochwise.task.segmentation import Segmentation


def task(counts=(6, 3, 1), **settings):
    return Segmentation(nn.Identity(), None, None, "mask", counts, **settings)


def batches(seed=0):
    chance = torch.Generator().manual_seed(seed)
    found = []
    for n in (3, 1, 4):
        y = torch.randint(0, 3, (n, 5, 6), generator=chance)
        y[torch.rand(y.shape, generator=chance) < 0.3] = IGNORE
        found.append((torch.randn(n, 3, 5, 6, generator=chance), y))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_the_scores_of_a_split_are_those_of_a_hand_written_loop_over_all_its_pixels(seed):
    model, given = task(), batches(seed)
    for batch in given:
        model.measure("val", batch)
    found = {name: float(value) for name, value in model.meters["val"].compute().items()}
    matrix, loss = np.zeros((3, 3)), 0.0
    for output, y in given:
        logs = output.double().log_softmax(dim=1)
        for sample in range(len(y)):
            for row in range(5):
                for column in range(6):
                    if (right := int(y[sample, row, column])) != IGNORE:
                        matrix[right, int(output[sample, :, row, column].argmax())] += 1
                        loss -= float(logs[sample, right, row, column])
    hit = matrix.diagonal()
    union, both = matrix.sum(0) + matrix.sum(1) - hit, matrix.sum(0) + matrix.sum(1)
    expected = {"miou": (hit / union).mean(), "dice": (2 * hit / both).mean(), "accuracy": hit.sum() / matrix.sum()}
    assert found == pytest.approx(expected | {"loss": loss / matrix.sum()}, abs=1e-6)


@pytest.mark.parametrize("absent", [None, 1])
def test_the_scores_are_those_of_torchmetrics(absent):
    how = {"num_classes": 3, "ignore_index": IGNORE}
    theirs = {
        "miou": MulticlassJaccardIndex(average="macro", **how),
        "dice": MulticlassF1Score(average="macro", **how),
        "accuracy": MulticlassAccuracy(average="micro", **how),
    }
    model = task()
    for output, y in batches():
        if absent is not None:  # neither there nor answered
            y[y == absent], output[:, absent] = 0, -9
        model.measure("val", (output, y))
        for metric in theirs.values():
            metric.update(output.argmax(dim=1), y)
    found = model.meters["val"].compute()
    assert {name: float(found[name]) for name in theirs} == pytest.approx(
        {name: float(metric.compute()) for name, metric in theirs.items()}, abs=1e-6
    )


def test_a_batch_without_a_pixel_that_counts_changes_nothing():
    model = task()
    y = torch.full((1, 2, 2), IGNORE)
    assert model.compute_loss(torch.randn(1, 3, 2, 2), y) == 0
    assert model.count(y) == 0
    first, *_ = batches()
    model.measure("val", first)
    before = model.meters["val"].state()["loss"]
    model.measure("val", (torch.randn(1, 3, 2, 2), y))
    assert model.meters["val"].state()["loss"] == before


def test_calling_all_pixels_the_most_frequent_class_scores_as_said():
    model, y = task(), torch.tensor([0] * 6 + [1] * 3 + [2]).view(1, 2, 5)
    shares = torch.tensor([0.6, 0.3, 0.1])
    output = shares.log().view(1, 3, 1, 1).expand(1, 3, 2, 5)
    model.measure("val", (output, y))
    found = model.meters["val"].compute()
    for name, (chance, ideal) in model.reference_scores().items():
        assert float(found[name]) == pytest.approx(chance, abs=1e-6), name
        assert ideal == (0.0 if name == "loss" else 1.0)


def test_weights_of_classes_weigh_each_pixel():
    output, y = torch.randn(1, 3, 2, 2), torch.tensor([[[0, 1], [2, IGNORE]]])
    weighted = task(class_weights=[1.0, 2.0, 3.0]).compute_loss(output, y)
    each = nn.functional.cross_entropy(output, y, reduction="none", ignore_index=IGNORE).flatten()
    assert weighted == pytest.approx(float((each[:3] * torch.tensor([1.0, 2.0, 3.0])).sum() / 3))
    with pytest.raises(ValueError, match="got 2 weights, allowed: one for each of 3"):
        task(class_weights=[1.0, 2.0])


def test_other_targets_are_refused():
    with pytest.raises(ValueError, match="is a number; use task=regression"):
        Segmentation(nn.Identity(), None, None, "number", [])
