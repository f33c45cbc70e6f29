import json
from dataclasses import asdict

import numpy as np
import pytest

from epochwise.epochs.score_over_counts import enough, score_over_counts
from epochwise.input_error import InputError
from epochwise.run.run_folder import finite

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


def test_a_count_without_a_score_is_passed_over():
    scores = np.insert(FALLING, 2, np.nan, axis=1)
    found = score_over_counts([5, 10, 15, 20, 40], scores, "min", seconds=[1, 2, np.nan, 4, 8])
    assert (found.best, found.recommended) == (40, 20)
    assert np.isnan([found.mean[2], found.gain[2]]).all()
    assert found.next.seconds == pytest.approx(4)


def test_one_seed_is_enough_and_with_few_counts_the_best_one_is_recommended():
    assert score_over_counts(COUNTS, FALLING[:1], "min").recommended == 20
    few = score_over_counts(COUNTS[:3], FALLING[:1, :3], "min")
    assert (few.recommended, few.forecast) == (20, None)
    assert score_over_counts([5], [[1.0]], "min").recommended == 5


def test_what_twice_the_epochs_bring_is_measured_where_they_were_run_and_else_a_forecast():
    found = score_over_counts(COUNTS, FALLING, "min", steps=[50, 100, 200, 400])
    assert (found.next.count, found.next.is_measured, found.next.epochs, found.next.steps) == (40, True, 20, 200)
    assert found.next.gain == pytest.approx(0.01)
    assert (found.beyond.count, found.beyond.is_measured, found.beyond.epochs) == (80, False, 40)
    between = score_over_counts([10, 15, 30], [[0.5, 0.5, 0.4]] * 2, "min")
    assert score_over_counts([10, 30], [[0.5, 0.5]] * 2, "min").next.is_measured
    assert between.next.count == 60


def test_a_gain_that_each_seed_has_is_sure_however_far_the_seeds_are_apart():
    apart = np.array([1.0, 0.7, 0.6, 0.55]) + np.array([[-0.3], [0.0], [0.3]]) + 0.001 * np.eye(3, 4)
    found = score_over_counts(COUNTS, apart, "min")
    assert found.recommended < 40
    assert found.beyond.gain is not None
    assert found.ended_too_early


def test_a_ladder_that_has_levelled_off_did_not_end_too_early():
    rng = np.random.default_rng(0)
    level = [0.5 + 0.01 * rng.normal(size=(3, 5)) for _ in range(50)]
    early = [score_over_counts([5, 10, 20, 40, 80], one, "min").ended_too_early for one in level]
    assert np.mean(early) < 0.1


def test_a_score_that_gets_worse_has_turned_and_noise_alone_has_not():
    turned = score_over_counts(COUNTS, np.array([1.0, 0.5, 0.7, 0.9]) + SPREAD, "min").turn
    assert (turned.count, turned.low, turned.high) == (10, 5, 20)
    rng = np.random.default_rng(0)
    level = [score_over_counts(COUNTS, 0.5 + 0.01 * rng.normal(size=(3, 4)), "min").turn for _ in range(50)]
    assert sum(one is not None for one in level) <= 3


def test_over_many_draws_the_recommended_count_is_near_the_best_and_no_longer_than_it():
    truth, rng = np.array([1.0, 0.6, 0.503, 0.5, 0.5]), np.random.default_rng(0)
    counts = [5, 10, 20, 40, 80]
    found = [score_over_counts(counts, truth + 0.02 * rng.normal(size=(3, 5)), "min") for _ in range(60)]
    assert all(one.recommended >= 20 for one in found)
    assert np.mean([one.recommended == 20 for one in found]) > 0.5


def climbed(means):
    """The count at which a ladder over 5, 10, 20, ... ends, and why."""
    scores = np.array(means) + 0.006 * np.random.default_rng(0).normal(size=(3, len(means)))
    for num in range(1, len(means) + 1):
        counts = [5 * 2**place for place in range(num)]
        why = enough(score_over_counts(counts, scores[:, :num], "min"))
        if why:
            return counts[-1], why
    return None, None


@pytest.mark.parametrize(
    ("means", "count", "why"),
    [
        ([1.0, 0.7, 0.6, 0.55, 0.5, 0.45], None, None),
        ([1.0, 0.7, 0.6, 0.6, 0.6, 0.6], 80, "the last two doublings gained"),
        ([1.0, 1.0, 0.6, 0.5, 0.4, 0.3], None, None),
        ([1.0, 0.7, 0.9, 0.9, 0.9, 0.9], 20, "the score turns after 10"),
    ],
    ids=["falls", "levels off", "slow start", "turns"],
)
def test_a_ladder_is_climbed_until_two_doublings_gain_less_than_their_noise(means, count, why):
    found, said = climbed(means)
    assert found == count
    assert why is None or said.startswith(why)


def test_it_ends_where_an_epoch_brings_less_than_it_is_worth():
    found = score_over_counts(COUNTS[:3], FALLING[:, :3], "min")
    assert enough(found) is None
    assert enough(found, min_gain_per_epoch=0.009) is None
    assert enough(found, min_gain_per_epoch=0.011).startswith(
        "10 epochs more gained 0.1, min_gain_per_epoch=0.011 asks"
    )


@pytest.mark.parametrize("score", [0.0, 1.0, 0.9259])
@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_of_equal_scores_the_first_count_is_recommended_and_the_ladder_ends(score, seeds):
    found = score_over_counts([5, 10, 20, 40], np.full((seeds, 4), score), "max")
    assert found.recommended == 5
    assert enough(found) is not None
