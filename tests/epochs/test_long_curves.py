import tracemalloc

import numpy as np
import pytest

from epochwise.epochs.analysis import analyse
from epochwise.epochs.curve import Curve
from epochwise.epochs.epoch_table import EpochTable
from epochwise.epochs.forecast import forecast
from epochwise.epochs.smooth import smooth
from epochwise.epochs.spline import MOST_POINTS


def turning(num, noise=0.02):
    """A loss that is best two fifths on, where it is 0.3."""
    share = np.arange(num) / num
    return 0.3 + (share - 0.4) ** 2 + noise * np.random.default_rng(0).normal(size=num)


def test_a_million_epochs_are_analysed_in_little_memory_and_the_noise_is_that_of_single_scores():
    num = 1_000_000
    table = EpochTable({"epoch": np.arange(num), "val/loss": turning(num), "train/loss": 1 - np.arange(num) / num})
    tracemalloc.start()
    found = analyse(table, "val/loss", "min")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200e6
    count = found["recommended_epochs"]
    assert count["value"] == pytest.approx(0.4 * num, rel=0.1)
    assert count["noise"] == pytest.approx(0.02, rel=0.05)
    assert (count["low"], count["high"]) == (pytest.approx(260_000, rel=0.1), pytest.approx(540_000, rel=0.1))
    assert found["verdict"]["label"] == "overfitting"
    assert [one["stops_at_epoch"] is not None for one in found["replay"]] == [True] * 6


def test_a_course_of_more_points_than_are_drawn_is_that_of_all():
    num = 40 * MOST_POINTS
    course = turning(num, noise=0.0)
    found = smooth(np.arange(num), turning(num))
    off = np.abs(found.fitted - course)
    assert off.max() < 0.02 and np.median(off) < 0.002
    assert found.noise == pytest.approx(0.02, rel=0.03)
    assert found.autocorrelation < 0.05
    assert found.end_stderr < 0.02 / 40


def test_the_end_of_a_long_course_is_as_sure_as_many_draws_say():
    epochs = np.arange(3 * MOST_POINTS)
    found = [smooth(epochs, 0.02 * np.random.default_rng(seed).normal(size=len(epochs))) for seed in range(30)]
    assert np.std([each.fitted[-1] for each in found]) == pytest.approx(found[0].end_stderr, rel=0.35)


def test_a_long_look_ahead_is_told_by_some_of_its_epochs_from_the_first_to_the_last():
    loss = 0.2 + np.exp(-np.arange(8000) / 4000) + 0.01 * np.random.default_rng(0).normal(size=8000)
    found = forecast(Curve.of(loss), 4000)
    assert (len(found.epochs), found.epochs[0], found.epochs[-1]) == (500, 8000, 11_999)
    assert found.score[-1] == pytest.approx(0.2 + np.exp(-3), abs=0.02)
    assert found.high[0] - found.low[0] == pytest.approx(2 * 1.28 * 0.01, rel=0.3)
