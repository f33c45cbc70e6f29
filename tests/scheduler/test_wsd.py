import pytest
import torch
from torch import nn

from epochwise.scheduler.wsd import WSD


def schedule_of(**settings):
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    return WSD(optimizer, **{"max_epochs": 9, "steps_per_epoch": 10} | settings)


def rates(schedule, num_steps):
    taken = []
    for _ in range(num_steps):
        taken.append(schedule.optimizer.param_groups[0]["lr"])
        schedule.optimizer.step()
        schedule.step()
    return taken


def test_the_rate_rises_stays_and_cools_down_to_end_with_the_horizon():
    taken = rates(schedule_of(), 90)
    assert taken[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert taken[10:61] == pytest.approx([1.0] * 51)  # two thirds of the epochs; the cool-down is half of them
    assert taken[61:] == sorted(taken[61:], reverse=True)
    assert 0 < taken[89] < 0.02


@pytest.mark.parametrize(("shape", "halfway"), [("sqrt", 1 - 0.5**0.5), ("linear", 0.5), ("cosine", 0.5)])
def test_halfway_through_the_cool_down_each_shape_has_its_own_rate(shape, halfway):
    assert rates(schedule_of(cooldown_shape=shape), 90)[75] == pytest.approx(halfway)
    scaled = rates(schedule_of(cooldown_shape=shape, final_lr_scale=0.2), 90)
    assert scaled[75] == pytest.approx(0.2 + 0.8 * halfway)


def test_asked_to_it_cools_down_over_a_fraction_of_the_epochs_so_far():
    schedule = schedule_of(max_epochs=100)
    rates(schedule, 40)
    assert schedule.cooldown_epochs == (66, 100)
    schedule.cool_down(4)
    assert schedule.cooldown_epochs == (4, 6)
    assert schedule.cooldown_begins
    taken = rates(schedule, 30)
    assert taken[0] == 1.0
    assert taken[10] == pytest.approx(1 - 0.5**0.5)
    assert taken[20:] == pytest.approx([0.0] * 10)


def test_of_weights_that_fewer_epochs_made_the_cool_down_is_a_fraction_of_these():
    schedule = schedule_of(max_epochs=100)
    rates(schedule, 90)
    schedule.cool_down(9, 4)
    assert schedule.cooldown_epochs == (9, 11)
    again = schedule_of(max_epochs=100)
    again.load_state_dict(schedule.state_dict())
    assert again.cooldown_epochs == (9, 11)
    schedule.cool_down(9)
    assert schedule.cooldown_epochs == (9, 14)


def test_called_off_it_goes_on_as_planned():
    schedule = schedule_of(max_epochs=100)
    schedule.cool_down(4)
    schedule.cool_down(None)
    assert rates(schedule, 60)[10:] == [1.0] * 50


@pytest.mark.parametrize("fraction", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("max_epochs", [1, 2, 3, 10, 17, 100])
def test_a_cool_down_is_never_beyond_the_horizon(fraction, max_epochs):
    schedule = schedule_of(max_epochs=max_epochs, cooldown_fraction=fraction, warmup_epochs=0)
    planned = schedule.cooldown_epochs[0]
    for epoch in range(1, planned + 1):
        schedule.cool_down(epoch)
        assert epoch < schedule.cooldown_epochs[1] <= max_epochs


def test_its_state_has_when_to_cool_down_and_not_what_the_config_says():
    before, after = schedule_of(max_epochs=30), schedule_of(max_epochs=60)
    before.cool_down(10)
    after.load_state_dict(before.state_dict())
    assert after.cooldown_epochs == (10, 15)
    after.cool_down(None)
    assert after.cooldown_epochs == (40, 60)


def test_a_warm_up_that_reaches_into_the_cool_down_is_refused():
    with pytest.raises(ValueError, match="warmup_epochs=7 is longer than the 6 epochs before the cool-down"):
        schedule_of(warmup_epochs=7)
