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
