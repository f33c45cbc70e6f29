import pytest
import torch
from torch import nn

from epochwise.scheduler.cosine import Cosine


def rates(num_steps, **settings):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    schedule = Cosine(optimizer, **settings)
    taken = []
    for _ in range(num_steps):
        taken.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return taken


def test_the_rate_rises_in_a_line_and_falls_along_half_a_cosine():
    taken = rates(12, max_epochs=3, steps_per_epoch=4, warmup_epochs=0.75)
    assert taken[:4] == pytest.approx([0.25, 0.5, 0.75, 1.0])
    assert taken[3:] == sorted(taken[3:], reverse=True)
    assert taken[3] == 1.0
    assert taken[7] + taken[8] == pytest.approx(1.0)  # on both sides of the middle of the cosine


def test_it_ends_at_the_final_scale_and_stays_there():
    assert rates(40, max_epochs=3, steps_per_epoch=10, final_lr_scale=0.1)[30:] == pytest.approx([0.1] * 10)


def test_without_warm_up_the_first_step_has_the_peak_rate():
    assert rates(1, max_epochs=3, steps_per_epoch=10, warmup_epochs=0)[0] == 1.0


@pytest.mark.parametrize("steps_per_epoch", [1, 7, 100])
def test_the_horizon_is_counted_in_epochs_whatever_their_steps(steps_per_epoch):
    taken = rates(2 * steps_per_epoch + 1, max_epochs=2, steps_per_epoch=steps_per_epoch, warmup_epochs=0)
    assert taken[-1] == pytest.approx(0.0)
    assert min(taken[:-1]) > 0


def test_a_warm_up_longer_than_the_run_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs=4 is longer than the 3 epochs"):
        rates(1, max_epochs=3, steps_per_epoch=1, warmup_epochs=4)
