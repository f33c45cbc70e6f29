"""What a split's meters keep, where a run is cut off and goes on."""

from types import SimpleNamespace

import pytest
import torch
from torchmetrics.classification import BinaryF1Score, MulticlassAccuracy, MulticlassF1Score
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score

from epochwise.task import meters as of_task
from epochwise.task.meters import Meters, SampleMean


def fed(meters: Meters, batches: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]) -> Meters:
    for batch in batches:
        meters.update(*batch, len(batch[2]))
    return meters


def test_a_mean_is_the_same_in_whatever_order_two_ranks_are_added_up():
    scores = {"mae": MeanAbsoluteError(), "rmse": MeanSquaredError(squared=False), "r2": R2Score()}
    chance = torch.Generator().manual_seed(0)
    unequal = 0
    for _ in range(20):
        batches = [
            (torch.rand((), generator=chance) + 1, torch.randn(7, generator=chance), torch.randn(7, generator=chance))
            for _ in range(40)
        ]
        ranks = batches[::2], batches[1::2]
        whole = fed(fed(Meters(scores), ranks[0]), ranks[1]).compute()
        cut = fed(fed(fed(fed(Meters(scores), ranks[0][:9]), ranks[1][:9]), ranks[0][9:]), ranks[1][9:]).compute()
        unequal += any(whole[name] != cut[name] for name in whole)
        assert all(value.dtype == torch.float32 for value in whole.values())
    assert unequal == 0


@pytest.mark.parametrize("kept", [1, 3, 64])
def test_batches_that_are_measured_together_score_as_each_alone_to_the_bit(kept, monkeypatch):
    monkeypatch.setattr(of_task, "KEPT_BATCHES", kept)
    chance = torch.Generator().manual_seed(0)
    sizes = [7, 7, 5, 7] * 20
    shapes = [(n, 3) if n == 7 else (n, 3, 2) for n in sizes]  # texts of other lengths, say
    batches = [
        (
            torch.rand((), generator=chance),
            torch.rand(shape, generator=chance),
            torch.randint(3, (shape[0], *shape[2:]), generator=chance),
        )
        for shape in shapes
    ]
    scores = {"accuracy": MulticlassAccuracy(3, average="micro"), "f1": MulticlassF1Score(3)}
    found = fed(Meters(scores), batches).compute()
    alone = {name: score.clone().set_dtype(torch.float64) for name, score in scores.items()}
    total = 0.0
    for loss, prediction, y in batches:
        total += float(loss) * len(y)  # in 64 bits, one behind the other
        for score in alone.values():
            score.update(prediction, y)
    assert all(found[name] == score.compute().float() for name, score in alone.items())
    assert found["loss"] == torch.tensor(total / sum(sizes), dtype=torch.float64).float()
    gone_on = Meters(scores)
    gone_on.load(fed(Meters(scores), batches[:31]).state())
    assert fed(gone_on, batches[31:]).compute() == found


def test_a_score_that_looks_at_a_whole_batch_is_given_one_at_a_time():
    # Numbers beyond [0, 1] make logits of all that come with them: 0.4 is no label, as a logit it is one.
    batches = [(torch.zeros(()), torch.full((2,), value), torch.ones(2).long()) for value in (0.4, 3.0)]
    assert fed(Meters({"f1": BinaryF1Score()}), batches).compute()["f1"] == pytest.approx(2 / 3)


def test_a_loss_that_is_no_number_shows():
    assert fed(Meters({}), [(torch.tensor(float("nan")), torch.zeros(2), torch.zeros(2))]).compute()["loss"].isnan()


def test_a_step_of_nothing_that_counts_is_no_fault():
    mean = SampleMean()
    trainer = SimpleNamespace(world_size=1, accumulate_grad_batches=2)
    assert mean.weigh(trainer, torch.tensor(0.0), 0, 0) == 0
    assert mean.weigh(trainer, torch.tensor(0.0), 0, 1) == 0
    losses, scale = mean.loss(trainer)
    assert losses * scale == 0.0
