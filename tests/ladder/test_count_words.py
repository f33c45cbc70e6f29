import numpy as np
import pytest

from epochwise.epochs.score_over_counts import score_over_counts
from epochwise.ladder.counts_document import count_words

COUNTS = [5, 10, 20, 40]
SPREAD = 0.01 * np.array([[-1, 1, 0, -1], [0, -1, 1, 0], [1, 0, -1, 1]])


def words_of(mean, spread=SPREAD, counts=COUNTS, seconds=None):
    found = score_over_counts(
        counts, np.array(mean) + spread[:, : len(counts)], "min", seconds=seconds, monitor="val/loss"
    )
    return count_words(found)


def test_the_answer_comes_first_with_what_it_rests_on_and_what_more_brought():
    answer, more = words_of([1.0, 0.7, 0.604, 0.6], seconds=[5, 10, 20, 40])
    assert answer == (
        "recommended: 20 epochs (val/loss 0.604 ± 0.0058, the least within one standard error of the best, 40)"
    )
    assert more.startswith("40 brought 0.004 (")
    assert more.endswith(" for 20 epochs more (20 s)")


def test_a_ladder_that_still_falls_ended_too_early_and_says_what_twice_as_many_would_bring():
    answer, more = words_of([1.0, 0.8, 0.7, 0.6])
    assert answer == "recommended: 40 epochs (val/loss 0.6 ± 0.0058, the best)"
    assert more.startswith("the ladder ended too early: the best is its last count; 80 would bring about 0.0")
    assert more.endswith(" for 40 epochs more")


def test_a_turn_is_told_with_the_counts_between_which_it_lies():
    assert "the score turns after 10 (5 to 20)" in words_of([1.0, 0.6, 0.8, 0.9])


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        (COUNTS, "one seed: its noise is an estimate, from what a smooth course over the counts leaves"),
        (COUNTS[:3], "one seed and fewer than four counts: the noise is unknown, so the best count is recommended"),
        (COUNTS[:1], "one count says nothing of others"),
    ],
)
def test_what_is_not_known_is_said(counts, said):
    assert said in words_of([1.0, 0.6, 0.5, 0.45][: len(counts)], 0 * SPREAD[:1], counts)
