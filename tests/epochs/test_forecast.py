import json
from dataclasses import asdict

import numpy as np
import pytest

from epochwise.epochs.curve import Curve
from epochwise.epochs.forecast import forecast

from tests.epochs.synthetic_curves import synthetic_curve

EPOCHS = np.arange(30)


def falling(num=30, noise=0.01):
    return 0.2 + np.exp(-np.arange(num) / 10) + noise * np.random.default_rng(0).normal(size=num)


@pytest.mark.parametrize("family", ["good_fit", "still_improving"])
def test_the_band_of_80_percent_holds_75_to_97_percent_of_what_comes(family):
    rng, inside, above = np.random.default_rng(1), [], []
    for _ in range(80):
        curve = synthetic_curve(rng, family)
        seen = round(0.65 * len(curve.val))
        found = forecast(Curve.of(curve.val[:seen], mode=curve.mode), len(curve.val) - seen)
        if found.reason is None:
            held_out = curve.val[seen:]
            inside.append(np.mean((held_out >= found.low) & (held_out <= found.high)))
            above.append(np.mean(held_out > found.score))
    assert len(inside) >= 60
    assert 0.75 <= np.mean(inside) <= 0.97
    assert 0.3 <= np.mean(above) <= 0.7


def test_a_run_cut_short_is_forecast_to_gain_and_one_that_levelled_off_is_not():
    short, long = forecast(Curve.of(falling(20)), 20), forecast(Curve.of(falling(80)), 20)
    assert 0 < short.gain_low < short.gain < short.gain_high
    assert short.gain == pytest.approx(np.exp(-1.9) - np.exp(-3.9), abs=0.06)
    assert abs(long.gain) < 0.01


def test_its_epochs_follow_the_last_and_its_price_is_that_of_the_last_ten():
    seconds = np.where(EPOCHS < 15, 100.0, 2.0)
    found = forecast(Curve.of(falling()), 5, seconds)
    assert found.epochs == (30, 31, 32, 33, 34)
    assert found.seconds == 10
    assert all(low < score < high for low, score, high in zip(found.low, found.score, found.high, strict=True))
    assert forecast(Curve.of(falling()), 5).seconds is None


def test_a_score_to_be_raised_is_forecast_as_its_negative_and_never_beyond_1():
    down, up = forecast(Curve.of(falling()), 8), forecast(Curve.of(-falling(), mode="max"), 8)
    assert up.low == pytest.approx([-each for each in down.high])
    assert up.gain == pytest.approx(down.gain)
    accuracy = forecast(Curve.of(1 - np.clip(falling() - 0.2, 0, 1), mode="max"), 30)
    assert max(accuracy.high) <= 1


def test_the_further_the_wider():
    found = forecast(Curve.of(falling()), 15)
    assert found.high[-1] - found.low[-1] > found.high[0] - found.low[0]


def test_the_same_run_gives_the_same_forecast_and_it_goes_into_json():
    found = forecast(Curve.of(falling()), 5, np.ones(30))
    assert found == forecast(Curve.of(falling()), 5, np.ones(30))
    assert json.loads(json.dumps(asdict(found), allow_nan=False))["epochs"] == [30, 31, 32, 33, 34]


@pytest.mark.parametrize(
    ("val", "lr", "reason"),
    [
        (falling(11), None, "11 validated epochs, 12 are the least"),
        (np.where(EPOCHS < 20, falling(), np.nan), None, "the run has diverged"),
        (falling() + 0.05 * np.maximum(EPOCHS - 15, 0), None, "getting worse"),
        (falling(noise=1.0), None, "the noise of validation hides its course|getting worse"),
        (falling(), (1 + np.cos(np.pi * EPOCHS / 29)) / 2, "the learning rate has come to its end"),
        (falling(), (1.2 + np.cos(np.pi * EPOCHS / 29)) / 2, "the learning rate is falling to its end"),
    ],
)
def test_where_a_curve_supports_none_it_says_why(val, lr, reason):
    found = forecast(Curve.of(val), 10, lr=lr)
    assert found.reason.startswith("no forecast: ")
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(found.reason)
    assert (found.epochs, found.gain) == ((), None)
