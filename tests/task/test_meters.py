"""What a split's meters keep, where a run is cut off and goes on."""

from types import SimpleNamespace

import torch
from torchmetrics.regression import MeanAbsoluteError, MeanSquaredError, R2Score

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


def test_a_step_of_nothing_that_counts_is_no_fault():
    mean = SampleMean()
    trainer = SimpleNamespace(world_size=1, accumulate_grad_batches=2)
    assert mean.weigh(trainer, torch.tensor(0.0), 0, 0) == 0
    assert mean.weigh(trainer, torch.tensor(0.0), 0, 1) == 0
    assert mean.loss(trainer) == 0.0
