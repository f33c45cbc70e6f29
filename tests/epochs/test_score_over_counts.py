import json
from dataclasses import asdict

import numpy as np
import pytest

from epochwise.epochs.score_over_counts import enough, score_over_counts
from epochwise.input_error import InputError
from epochwise.run.finite import finite

#: Three seeds: means 1, 0.6, 0.5, 0.49, each with a spread of 0.03 over seeds.
SPREAD = np.array([[-0.03], [0.0], [0.03]])
COUNTS, FALLING = [5, 10, 20, 40], np.array([1.0, 0.6, 0.5, 0.49]) + SPREAD


def test_the_least_count_within_one_standard_error_of_the_best_is_recommended():
    found = score_over_counts(COUNTS, FALLING, "min", monitor="val/loss")
    assert (found.best, found.recommended, found.high) == (40, 20, 40)
    assert found.mean == pytest.approx((1.0, 0.6, 0.5, 0.49))
    assert found.stderr == pytest.approx([0.03 / np.sqrt(3)] * 4)
    assert found.gain[1:] == pytest.approx((0.4, 0.1, 0.01))


def test_of_a_score_that_is_better_when_larger_the_same_count_is_recommended():
    low, high = score_over_counts(COUNTS, FALLING, "min"), score_over_counts(COUNTS, 1 - FALLING, "max")
    assert (high.best, high.recommended, high.gain[1:]) == (low.best, low.recommended, pytest.approx(low.gain[1:]))


def test_what_is_found_is_json():
    found = finite(asdict(score_over_counts(COUNTS, FALLING, "min", seconds=[1, 2, np.nan, 8])))
    assert json.loads(json.dumps(found, allow_nan=False))["recommended"] == 20


def test_a_failed_job_of_a_bad_seed_does_not_make_its_count_look_good():
    scores = FALLING.copy()
    scores[2] += 1
    scores[2, 1] = np.nan
    found = score_over_counts(COUNTS, scores, "min")
    assert found.mean == pytest.approx(np.array([1.0, 0.6, 0.5, 0.49]) + 1 / 3)


@pytest.mark.parametrize(
    ("counts", "scores", "message"),
    [
        ([10, 5], [[1.0, 2.0]], "ascending"),
        ([0, 5], [[1.0, 2.0]], "ascending"),
        ([5], [[1.0, 2.0]], "shape"),
        ([5, 10], [[np.nan, np.inf]], "no run has a score"),
    ],
)
def test_what_is_no_table_of_scores_is_an_error(counts, scores, message):
    with pytest.raises(InputError, match=message):
        score_over_counts(counts, scores, "min")


def test_climbing_ends_where_a_doubling_gains_less_than_its_noise_and_not_before_three_counts():
    assert enough(score_over_counts([5, 10], FALLING[:, 2:], "min")) is None
    assert "gained 0.1" in enough(score_over_counts(COUNTS[:3], FALLING[:, :3], "min"), min_gain_per_epoch=0.02)
