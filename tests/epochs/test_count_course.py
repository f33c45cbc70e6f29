import numpy as np
import pytest

from epochwise.epochs.count_forecast import CountCourse

COUNTS = np.array([5, 10, 20, 40, 80])
FALL = 0.5 + 2 / COUNTS


def test_the_spread_of_a_count_is_pooled_with_its_neighbours_and_not_with_all():
    spread = np.array([0.4, 0.4, 0.1, 0.1, 0.1])
    course = CountCourse.of(COUNTS, FALL + spread * np.array([[-1.0], [0.0], [1.0]]))
    pooled = [np.sqrt(np.mean(spread[max(i - 1, 0) : i + 2] ** 2)) for i in range(5)]
    assert course.noise == pytest.approx(pooled)
    assert course.stderr == pytest.approx(np.array(pooled) / np.sqrt(3))
    assert course.degrees == 4  # two counts of three seeds, at the ends


def test_what_tells_seeds_from_one_another_at_all_counts_is_no_noise_of_a_gain():
    rng = np.random.default_rng(0)
    loss = FALL + np.array([[-0.3], [0.0], [0.3]]) + 0.001 * rng.normal(size=(3, 5))
    course = CountCourse.of(COUNTS, loss)
    gain, error = course.gains()
    assert gain[1:] == pytest.approx(-np.diff(FALL), abs=0.005)
    assert np.isnan(gain[0])
    assert (error[1:] < 0.003).all()
    assert (course.stderr > 0.1).all()
    worse, error = course.worse_than(4)
    assert worse == pytest.approx(FALL - FALL[4], abs=0.005)
    assert (error < 0.003).all()


def test_a_failed_job_of_a_bad_seed_does_not_make_its_count_look_good():
    loss = FALL + np.array([[0.0], [0.0], [1.0]])
    loss[2, 1] = np.nan
    course = CountCourse.of(COUNTS, loss)
    assert course.mean == pytest.approx(FALL + 1 / 3)
    assert course.gains()[0][1:] == pytest.approx(-np.diff(FALL))


def test_seeds_that_share_no_count_are_compared_without_pairs():
    loss = np.array([[1.0, np.nan], [1.2, np.nan], [np.nan, 0.5], [np.nan, 0.7]])
    gain, error = CountCourse.of(np.array([5, 10]), loss).gains()
    assert gain[1] == pytest.approx(0.5)
    assert np.isfinite(error[1])


def test_with_one_seed_the_noise_is_what_a_smooth_course_leaves():
    rng = np.random.default_rng(0)
    found = [CountCourse.of(COUNTS, (FALL + noise * rng.normal(size=5))[None]) for noise in [0.02] * 60 + [0.2] * 60]
    low, high = (np.sqrt(np.mean([one.noise[0] ** 2 for one in part])) for part in (found[:60], found[60:]))
    assert low == pytest.approx(0.02, rel=0.6)
    assert 4 < high / low < 12


def test_with_one_seed_and_three_counts_it_is_unknown():
    assert np.isnan(CountCourse.of(COUNTS[:3], FALL[None, :3]).noise).all()
