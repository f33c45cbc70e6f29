from functools import partial

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import LambdaLR, OneCycleLR, ReduceLROnPlateau

from epochwise.scheduler.cosine import Cosine
from epochwise.scheduler.lightning_schedule import scale_rates, scaled_peaks


def optimizer_with(*scales):
    groups = [{"params": [nn.Parameter(torch.zeros(1))], **({"lr_scale": scale} if scale else {})} for scale in scales]
    made = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    scale_rates(made)
    return made


@pytest.mark.parametrize(
    "make",
    [
        partial(OneCycleLR, max_lr=0.1, total_steps=10),
        partial(Cosine, max_epochs=2, steps_per_epoch=5),
        partial(LambdaLR, lr_lambda=lambda epoch: 0.9**epoch),
    ],
    ids=["one_cycle", "cosine", "lambda"],
)
def test_the_rates_keep_their_proportion_all_along_a_schedule(make):
    optimizer = optimizer_with(0.25, None, 1.0)
    schedule = make(optimizer, **scaled_peaks(make, optimizer))
    for _ in range(9):
        slow, *base = (group["lr"] for group in optimizer.param_groups)
        assert [slow / 0.25, *base] == pytest.approx([base[0]] * 3)
        optimizer.step()
        schedule.step()


def test_a_plateau_lowers_all_rates_alike():
    optimizer = optimizer_with(0.5, 1.0)
    make = partial(ReduceLROnPlateau, patience=0, factor=0.1)
    schedule = make(optimizer, **scaled_peaks(make, optimizer))
    for _ in range(3):
        schedule.step(1.0)
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == pytest.approx([0.05 * 0.01, 0.1 * 0.01])


def test_a_schedule_of_one_rate_for_all_is_made_as_it_is_written():
    assert scaled_peaks(partial(OneCycleLR, max_lr=0.1, total_steps=10), optimizer_with(None, 1.0)) == {}
