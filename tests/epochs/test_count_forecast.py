import numpy as np
import pytest

from epochwise.epochs.count_forecast import draw_courses, left_over
from epochwise.epochs.score_over_counts import score_over_counts

SEEN, AHEAD = np.array([5, 10, 20, 40]), np.array([80])
FAMILIES = {
    "power law": lambda count: 0.3 + 2 * count**-0.7,
    "exponential": lambda count: 0.3 + np.exp(-count / 12),
    "logarithm": lambda count: 2 - 0.3 * np.log(count),
    "level": lambda count: np.full(np.shape(count), 0.5),
    "turns": lambda count: 0.5 + 0.1 * (np.log(count / 12)) ** 2,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_courses_of_each_family_go_on_as_they_would(family):
    course, rng = FAMILIES[family], np.random.default_rng(0)
    noise = 0.002
    mean = course(SEEN) + noise * rng.normal(size=4)
    drawn = draw_courses(SEEN, mean, np.full(4, noise), AHEAD, 6, 2000, rng)
    assert drawn.shape == (2000, 1)
    last_gain = abs(course(SEEN)[-1] - course(SEEN)[-2])
    assert np.median(drawn) == pytest.approx(float(course(AHEAD)[0]), abs=0.5 * last_gain + 3 * noise)


def test_few_counts_and_much_noise_widen_the_courses():
    course = FAMILIES["power law"](SEEN)

    def width(places, noise):
        drawn = draw_courses(
            SEEN[places], course[places], np.full(len(SEEN[places]), noise), AHEAD, 6, 2000, np.random.default_rng(0)
        )
        return np.ptp(np.quantile(drawn, [0.1, 0.9]))

    assert width(slice(2, 4), 0.002) > 2 * width(slice(0, 4), 0.002)
    assert width(slice(0, 4), 0.05) > 2 * width(slice(0, 4), 0.002)


def test_the_best_family_leaves_only_the_noise():
    for course in FAMILIES.values():
        assert left_over(SEEN, course(SEEN)) == pytest.approx(0, abs=1e-3)
    assert left_over(SEEN, np.array([1.0, 0.5, 0.9, 0.4])) > 0.01


@pytest.mark.parametrize("num_seeds", [1, 2, 3])
def test_the_band_holds_the_score_of_a_run_in_eight_of_ten(num_seeds):
    rng, held = np.random.default_rng(0), []
    for course in FAMILIES.values():
        for _ in range(8):
            unit = float(np.ptp(course(SEEN))) or 1.0
            noise = unit * float(np.exp(rng.uniform(np.log(0.005), np.log(0.1))))
            scores = course(SEEN) + noise * (rng.normal(size=(num_seeds, 4)) + rng.normal(size=(num_seeds, 1)))
            found = score_over_counts(SEEN, scores + 10, "min").forecast
            place = found.counts.index(80)
            score = float(course(AHEAD)[0]) + 10 + noise * np.sqrt(2) * rng.normal()
            held.append(found.low[place] <= score <= found.high[place])
    assert np.mean(held) >= 0.8


def test_no_band_passes_what_a_score_can_be():
    scores = np.array([[0.9, 0.96, 0.99, 0.999], [0.88, 0.97, 0.985, 0.998]])
    assert max(score_over_counts(SEEN, scores, "max").forecast.high) == 1.0
    assert min(score_over_counts(SEEN, 1 - scores, "min").forecast.low) == 0.0
