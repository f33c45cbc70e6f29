import numpy as np
import pytest

from epochwise.epochs.curve import Curve
from epochwise.epochs.recommended import recommend_epochs
from epochwise.epochs.schedule_end import first_rate, schedule_end
from epochwise.epochs.verdict import verdict


def cosine(num):
    return (1 + np.cos(np.pi * np.arange(1, num + 1) / num)) / 2


def trained(num, pace, noise=0.002, level=0.3):
    """What an exponential of a pace in epochs scores over a cosine: each epoch goes as far as its rate is high."""
    gone = np.cumsum(cosine(num))
    return level + np.exp(-gone / pace) + noise * np.random.default_rng(0).normal(size=num)


@pytest.mark.parametrize("num", [12, 30, 60])
def test_a_curve_that_its_schedule_made_level_gives_a_least_count_of_all_its_epochs(num):
    loss = trained(num, pace=num / 2)
    curve = Curve.of(loss, loss)
    end = schedule_end(curve, cosine(num))
    assert end.ended and end.fell and end.rate_at_best < 0.2
    assert end.slope < -2 * end.slope_stderr
    found = recommend_epochs(curve, "good_fit", end)
    assert (found.value, found.low, found.high, found.at_least) == (num, num, num, True)


def test_a_curve_that_gained_until_its_rate_fell_still_improves_and_one_that_hardly_did_says_its_schedule_ended():
    loss = trained(30, pace=10)
    found = verdict(Curve.of(loss, loss), 1.3, 0, end=schedule_end(Curve.of(loss), cosine(30)))
    assert found.label == "still_improving"
    assert found.reason.startswith("its schedule ended: validation gained 0.0")
    short = 0.3 + np.exp(-np.arange(30) / 2.2) + 0.002 * np.random.default_rng(0).normal(size=30)
    found = verdict(Curve.of(short, short), 1.3, 0, end=schedule_end(Curve.of(short), cosine(30)))
    assert (found.label, found.advice[0].override) == ("good_fit", "trainer.max_epochs=60")
    assert "but its schedule ended: at the best epoch the learning rate was" in found.reason


def test_a_curve_that_had_levelled_off_while_the_rate_was_high_has_a_count_that_stands():
    noise = 0.01 * np.random.default_rng(3).normal(size=60)
    loss = 0.3 + np.exp(-np.arange(60) / 3) - 0.05 * (1 - cosine(60)) ** 6 + noise  # what a cool-down gains
    end = schedule_end(Curve.of(loss), cosine(60))
    assert end.fell and not end.ended and end.rate_at_best < 0.1
    assert not recommend_epochs(Curve.of(loss), "good_fit", end).at_least
    found = verdict(Curve.of(loss, loss), 1.3, 0, end=end)
    assert (found.label, found.reason) == ("good_fit", "validation had levelled off before its schedule ended")
    assert verdict(Curve.of(loss, loss), 1.3, 0).label == "still_improving"  # what the cool-down looks like by itself


def test_that_it_had_levelled_off_takes_sixteen_epochs_at_a_high_rate():
    noise = 0.01 * np.random.default_rng(0).normal(size=30)
    loss = 0.3 + np.exp(-np.arange(30) / 1.5) - 0.01 * (1 - cosine(30)) ** 6 + noise
    end = schedule_end(Curve.of(loss), cosine(30))
    assert end.ended and end.steady_epochs == 15


def test_a_curve_that_had_turned_while_the_rate_was_high_has_a_count_that_stands_below_all():
    epochs = np.arange(40)
    loss = 0.3 + np.exp(-epochs / 3) + 0.02 * np.maximum(epochs - 10, 0)
    end = schedule_end(Curve.of(loss), cosine(40))
    assert not end.ended and end.rate_at_best > 0.7
    assert recommend_epochs(Curve.of(loss), "overfitting", end).value < 15


def test_a_cool_down_from_a_steady_rate_is_told_from_the_trunk_before_it():
    rng = np.random.default_rng(0)
    rates = np.concatenate([np.ones(40), 1 - np.sqrt(np.linspace(0, 1, 20))])
    loss = 0.3 + np.exp(-np.arange(60) / 3) - 0.1 * (1 - rates) + 0.01 * rng.normal(size=60)
    end = schedule_end(Curve.of(loss), rates)
    assert end.steady_epochs == 41 and not end.ended
    loss = 0.3 + np.exp(-np.arange(60) / 30) - 0.1 * (1 - rates)
    assert schedule_end(Curve.of(loss), rates).ended


@pytest.mark.parametrize(
    "rates",
    [np.full(20, 0.1), np.linspace(0.01, 0.1, 20), np.r_[np.nan, np.full(19, 0.1)], np.r_[np.full(19, 0.1), np.nan]],
)
def test_a_rate_that_stays_or_rises_ends_nothing(rates):
    end = schedule_end(Curve.of(0.9 ** np.arange(20)), rates)
    assert not end.fell and not end.ended


@pytest.mark.parametrize("rates", [None, [], np.full(20, np.nan), np.zeros(20)])
def test_without_a_rate_nothing_is_said_of_the_schedule(rates):
    assert schedule_end(Curve.of(0.9 ** np.arange(20)), rates) is None
    assert schedule_end(Curve.of([]), [0.1]) is None


@pytest.mark.parametrize("num", [1, 2, 3, 5])
def test_of_a_few_epochs_the_end_is_told_and_no_slope_where_there_is_none(num):
    end = schedule_end(Curve.of(0.9 ** np.arange(num)), np.linspace(1, 0, num))
    assert end.ended == (num > 1)
    assert (end.slope is None) == (end.steady_epochs < 3)


def test_a_rate_that_is_not_written_is_that_of_the_epoch_before():
    rates = np.where(np.arange(20) % 2, np.nan, cosine(20))
    assert schedule_end(Curve.of(0.9 ** np.arange(20)), rates).ended


def test_of_several_rates_the_one_that_trains_longest_counts():
    rows = [{"lr/body": 0.0 if epoch < 5 else 0.1, "lr/head": 0.1 * (1 - epoch / 10)} for epoch in range(10)]
    assert first_rate(rows)[:2] == pytest.approx([0.1, 0.09])
    assert first_rate([{"val/loss": 1.0}]) is None


def test_a_run_that_still_improves_or_is_too_short_has_a_least_count_and_never_a_smaller_one():
    loss = np.array([1.0, 0.5, 0.51, 0.52, 0.5, 0.505])
    found = recommend_epochs(Curve.of(loss), "undecided")
    assert (found.value, found.at_least) == (6, True)
    falling = np.exp(-np.arange(40) / 30) + 0.02 * np.random.default_rng(1).normal(size=40)
    found = recommend_epochs(Curve.of(falling), "still_improving")
    assert (found.value, found.high, found.at_least) == (40, 40, True)
