import numpy as np
import pytest

from epochwise.epochs.recommended import best_epoch_count, same_steps
from epochwise.input_error import InputError

#: Two runs: means 3, 1.15, 1, 1.1, 2; at the best one they differ by 0.4, so the standard error there is 0.2.
RUNS = np.array([[2.0, 1.0, 0.8, 1.0, 2.0], [4.0, 1.3, 1.2, 1.2, 2.0]])


def test_the_best_count_has_the_lowest_mean_and_its_band_is_one_standard_error_wide():
    found = best_epoch_count(RUNS)
    assert (found.value, found.low, found.high) == (3, 2, 4)
    assert found.mean[2] == pytest.approx(1.0)
    assert found.stderr[2] == pytest.approx(np.std([0.8, 1.2], ddof=1) / np.sqrt(2))


def test_of_a_score_that_is_better_when_larger_it_has_the_highest():
    assert best_epoch_count(-RUNS, "max").value == 3


def test_an_epoch_that_one_run_did_not_reach_is_no_choice():
    scores = RUNS.copy()
    scores[1, 2:] = np.nan
    found = best_epoch_count(scores)
    assert found.value == 2
    assert np.isnan(found.mean[2])


def test_repeating_the_cut_does_not_narrow_the_standard_error():
    once, thrice = best_epoch_count(RUNS), best_epoch_count(np.tile(RUNS, (3, 1)), repeats=3)
    assert thrice.stderr == pytest.approx(once.stderr)


def test_over_many_draws_the_band_holds_the_count_that_is_best_in_truth():
    truth, rng = 0.02 * (np.arange(20) - 8.0) ** 2, np.random.default_rng(0)
    found = [best_epoch_count(truth + rng.normal(size=(5, 1)) + 0.1 * rng.normal(size=(5, 20))) for _ in range(200)]
    assert np.mean([one.low <= 9 <= one.high for one in found]) > 0.95


@pytest.mark.parametrize("scores", [[[1.0, 2.0]], [1.0], [[np.nan], [1.0]]])
def test_one_run_or_no_shared_epoch_is_an_error(scores):
    with pytest.raises(InputError, match="folds"):
        best_epoch_count(scores)


def test_a_fold_of_four_fifths_needs_fewer_epochs_on_all_for_the_same_steps():
    assert same_steps(20, 16, 20) == 16
    assert same_steps(1, 1, 100) == 1
