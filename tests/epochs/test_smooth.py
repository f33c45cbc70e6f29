import numpy as np
import pytest

from epochwise.epochs.smooth import smooth


def correlated(rng, num, correlation):
    noise = rng.normal(size=num)
    for index in range(1, num):
        noise[index] = correlation * noise[index - 1] + np.sqrt(1 - correlation**2) * noise[index]
    return noise


@pytest.mark.parametrize("epochs_to_learn", [4, 20])
@pytest.mark.parametrize("correlation", [0.0, 0.4])
def test_noise_is_told_from_course(epochs_to_learn, correlation):
    rng, epochs = np.random.default_rng(0), np.arange(40)
    course = 0.1 + np.exp(-epochs / epochs_to_learn)
    found = [smooth(epochs, course + 0.02 * correlated(rng, 40, correlation)) for _ in range(50)]
    assert np.median([each.noise for each in found]) == pytest.approx(0.02, rel=0.15)
    assert np.median([each.autocorrelation for each in found]) == pytest.approx(correlation, abs=0.2)
    errors = [(each.fitted[-1] - course[-1]) / each.end_stderr for each in found]
    assert 0.7 < np.std(errors) < 1.5


def test_an_outlier_neither_bends_the_course_nor_counts_as_noise():
    rng, epochs = np.random.default_rng(0), np.arange(40)
    loss = 0.1 + np.exp(-epochs / 8) + 0.01 * rng.normal(size=40)
    clean = smooth(epochs, loss)
    loss[30] += 3
    spiked = smooth(epochs, loss)
    assert spiked.noise < 1.5 * clean.noise
    assert np.abs(spiked.fitted - clean.fitted).max() < 0.01


@pytest.mark.parametrize("num", range(5))
def test_few_points_are_taken_as_they_are(num):
    loss = np.linspace(1, 0.5, num)
    found = smooth(np.arange(num), loss)
    assert found.fitted == pytest.approx(loss)
    assert found.noise == pytest.approx(0, abs=1e-9)


def test_a_level_curve_has_no_noise():
    found = smooth(np.arange(20), np.full(20, 0.5))
    assert (found.noise, found.autocorrelation) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=0.9))
    assert found.fitted == pytest.approx(np.full(20, 0.5))


def test_a_first_score_a_thousand_times_the_rest_does_not_set_the_noise():
    epochs = np.arange(30)
    course = 0.5 + 0.3 * np.exp(-epochs / 8)
    for first in (800.0, 1e6):
        found = smooth(epochs, np.r_[first, course[1:]])
        assert found.noise < 0.005
        assert found.fitted[1:] == pytest.approx(course[1:], abs=0.02)
        noisy = smooth(epochs, np.r_[first, course[1:] + 0.01 * np.random.default_rng(0).normal(size=29)])
        assert noisy.noise == pytest.approx(0.01, rel=0.4)
    assert smooth(np.arange(4), np.array([1000.0, 1.0, 0.9, 0.8])).noise < 0.1


#: As fine-tuning leaves it: one evaluation before training, the best after one or two epochs, then ever worse.
SHARP = [5.7, 1.11, 1.13, 1.35, 1.56, 1.62, 1.85, 1.61, 1.92, 1.95, 2.01, 2.15, 2.26, 2.32, 2.34, 2.35, 2.52, 2.59]


@pytest.mark.parametrize(
    ("loss", "best"),
    [
        (SHARP, 1),
        (SHARP[1:], 0),
        ([2.0, 1.0, 0.5, 0.9, 1.3, 1.5, 1.6, 1.65, 1.7, 1.72, 1.74, 1.75], 2),
        (np.r_[np.linspace(3, 0.5, 12), np.linspace(0.9, 2.5, 20)], 11),
        (np.geomspace(1, 50, 20), 0),
    ],
)
def test_a_sharp_best_is_not_rounded_off(loss, best):
    loss = np.array(loss)
    found = smooth(np.arange(len(loss)), loss)
    assert found.best == best
    assert found.best_loss == pytest.approx(loss[best], abs=0.1)


def test_the_best_of_a_course_is_never_below_every_score():
    rng = np.random.default_rng(0)
    for _ in range(300):
        loss = np.exp(rng.normal(size=rng.integers(1, 40)) * rng.uniform(0, 4))
        assert smooth(np.arange(len(loss)), loss).best_loss >= loss.min()


def test_a_curve_that_waits_at_one_score_has_the_noise_of_what_follows():
    waits = np.zeros(12)
    later = -np.array([0.04, 0.055, 0.057, 0.09, 0.23, 0.24, 0.19, 0.17])
    assert smooth(np.arange(20), np.concatenate([waits, later])).noise > 0.01
