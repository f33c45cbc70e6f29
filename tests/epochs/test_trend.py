import numpy as np
import pytest

from epochwise.epochs.smooth import trend


def test_the_slope_is_that_of_the_last_third_an_epoch():
    epochs = np.arange(0, 60, 2)
    loss = np.where(epochs < 40, 1 - epochs / 40, 0.5 * (epochs - 40))
    found = trend(epochs, loss, noise=0.0)
    assert (found.slope, found.window_epochs) == (pytest.approx(0.5), 19)
    assert found.z == np.inf


def test_the_standard_error_is_that_of_many_draws():
    rng, epochs = np.random.default_rng(0), np.arange(30)
    slopes = [trend(epochs, rng.normal(size=30), noise=1.0) for _ in range(400)]
    assert np.std([each.slope for each in slopes]) == pytest.approx(slopes[0].stderr, rel=0.15)
    assert trend(epochs, np.zeros(30), 1.0, inflation=2).stderr == pytest.approx(2 * slopes[0].stderr)


@pytest.mark.parametrize("num", [0, 1])
def test_of_one_point_nothing_is_known(num):
    assert trend(np.arange(num), np.ones(num), 0.1).z == 0
