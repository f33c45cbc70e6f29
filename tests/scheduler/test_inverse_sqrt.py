import pytest
import torch
from torch import nn

from epochwise.scheduler.inverse_sqrt import InverseSqrt


def test_the_rate_rises_to_its_peak_and_is_half_of_it_after_four_times_as_many_steps():
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=2.0)
    schedule = InverseSqrt(optimizer, steps_per_epoch=9, warmup_epochs=1.0)
    rates = []
    for _ in range(45):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    assert rates[:10] == pytest.approx([2 * (step + 1) / 10 for step in range(10)])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[39] == pytest.approx(1.0)
