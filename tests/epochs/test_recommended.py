import numpy as np
import pytest

from epochwise.epochs.curve import Curve
from epochwise.epochs.recommended import recommend_epochs

from tests.epochs.synthetic_curves import synthetic_curve


def test_a_count_is_one_more_than_the_index_of_its_last_epoch():
    epochs = np.arange(30)
    found = recommend_epochs(Curve.of(0.5 + 0.002 * (epochs - 9.0) ** 2))
    assert found.value == pytest.approx(10, abs=1)
    assert found.low <= found.value <= found.high
    assert found.best_score == pytest.approx(0.5, abs=0.01)


def test_of_a_level_curve_it_is_anywhere_in_a_band_that_ends_with_the_run():
    rng, epochs = np.random.default_rng(0), np.arange(80)
    found = recommend_epochs(Curve.of(0.9 - np.exp(-epochs / 4) + 0.01 * rng.normal(size=80), mode="max"))
    assert 10 <= found.low <= 45 and found.low <= found.value
    assert found.high == 80
    assert found.best_score == pytest.approx(0.9, abs=0.01)
    assert found.noise == pytest.approx(0.01, rel=0.3)


def test_of_a_curve_that_still_improves_it_is_the_whole_run():
    epochs = np.arange(40)
    found = recommend_epochs(Curve.of(np.exp(-epochs / 30)))
    assert found.value >= 39
    assert found.high == 40


def test_the_noise_is_that_near_the_best_epoch():
    rng, epochs = np.random.default_rng(0), np.arange(80)
    noise = np.where(epochs < 40, 0.03, 0.003) * rng.normal(size=80)
    found = recommend_epochs(Curve.of(np.exp(-epochs / 4) + 0.01 * epochs + noise))
    assert found.noise == pytest.approx(0.03, rel=0.4)


def test_epochs_without_a_validation_and_after_a_divergence_are_no_choice():
    epochs = np.arange(40)
    rng = np.random.default_rng(0)
    loss = np.where(epochs % 2, 0.5 + np.exp(-epochs / 3) + 0.01 * rng.normal(size=40), np.nan)
    loss[30:] = np.nan
    found = recommend_epochs(Curve.of(loss, np.where(epochs < 30, loss, np.nan)))
    assert found.high == 30
    assert loss[found.value - 1] > 0
    assert recommend_epochs(Curve.of([np.nan])) is None


@pytest.mark.parametrize("num", [1, 2, 3, 4])
def test_of_a_few_points_it_is_the_best(num):
    found = recommend_epochs(Curve.of(np.linspace(1, 0.5, num)))
    assert (found.value, found.high) == (num, num)


@pytest.mark.parametrize("family", ["good_fit", "overfitting", "still_improving"])
def test_the_course_at_the_count_is_within_one_noise_width_of_its_best_in_9_of_10_curves(family):
    rng, behind = np.random.default_rng(3), []
    for _ in range(100):
        curve = synthetic_curve(rng, family)
        found = recommend_epochs(Curve.of(curve.val, curve.train, curve.mode))
        behind.append((curve.course[found.value - 1] - curve.course.min()) / curve.noise)
    assert np.mean(np.array(behind) < 1) >= 0.9, sorted(behind)[-10:]


def test_after_a_sharp_best_the_count_is_that_of_it():
    loss = [5.7, 1.11, 1.13, 1.35, 1.56, 1.62, 1.85, 1.61, 1.92, 1.95, 2.01, 2.15, 2.26, 2.32, 2.34, 2.35, 2.52, 2.59]
    found = recommend_epochs(Curve.of(loss), "overfitting")
    assert found.value == 2 and found.low == 2 and found.high <= 3
    assert found.best_score == pytest.approx(1.11, abs=0.1)
