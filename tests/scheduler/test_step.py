import pytest
import torch
from torch import nn

from epochwise.scheduler.step import Step


def rates(num_epochs, **settings):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = Step(optimizer, max_epochs=num_epochs, **settings)
    taken = []
    for _ in range(num_epochs):
        taken.append(round(optimizer.param_groups[0]["lr"], 6))
        optimizer.step()
        schedule.step()
    return taken


@pytest.mark.parametrize(
    ("num_epochs", "expected"),
    [(1, [1]), (4, [1, 1, 0.1, 0.01]), (8, [1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01])],
)
def test_a_longer_run_drops_later(num_epochs, expected):
    assert rates(num_epochs) == expected


def test_a_fraction_outside_the_run_is_refused():
    with pytest.raises(ValueError, match=r"drop_fractions: got 1\.5, allowed: numbers between 0 and 1"):
        rates(4, drop_fractions=[1.5])
