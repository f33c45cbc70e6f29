import numpy as np
import pytest

from epochwise.epochs.extrapolate import extrapolate

SEEN, AHEAD = np.arange(40), np.arange(40, 60)


@pytest.mark.parametrize(
    ("course", "tolerance"),
    [
        (lambda t: 0.2 + np.exp(-t / 15), 0.02),
        (lambda t: 0.2 + (1 + t / 5) ** -0.75, 0.02),
        (lambda t: np.full(len(t), 0.4), 0.005),
        (lambda t: 2 - 0.01 * t, 0.05),
    ],
    ids=["exponential", "power law", "level", "straight"],
)
def test_courses_of_each_family_go_on_as_they_would(course, tolerance):
    rng = np.random.default_rng(0)
    loss = course(SEEN) + 0.005 * rng.normal(size=40)
    drawn = extrapolate(SEEN, loss, AHEAD, 0.005, 1.0, 400, rng)
    assert drawn.shape == (400, 20)
    assert np.median(drawn, axis=0) == pytest.approx(course(AHEAD), abs=tolerance)


def test_no_course_rises_and_noise_spreads_them():
    rng = np.random.default_rng(0)
    loss = np.exp(-SEEN / 15) + 0.01 * rng.normal(size=40)
    calm, noisy = (extrapolate(SEEN, loss, AHEAD, noise, 1.0, 300, rng) for noise in (0.01, 0.1))
    assert (np.diff(noisy, axis=1) <= 1e-12).all()
    assert noisy[:, -1].std() > 2 * calm[:, -1].std()
