"""Counts of epochs that double."""

import pytest

from epochwise.ladder.jobs import doubled_from, doubled_up_to


def test_counts_double_from_the_first_one_up_to_the_most():
    assert doubled_from(5, 320) == [5, 10, 20, 40, 80, 160, 320]
    assert doubled_from(5, 50) == [5, 10, 20, 40]
    assert doubled_from(5, 3) == [3]


@pytest.mark.parametrize(("most", "counts"), [(80, [5, 10, 20, 40, 80]), (12, [3, 6, 12]), (1, [1]), (3, [2, 3])])
def test_a_ladder_up_to_a_count_halves_it(most, counts):
    assert [count for count in doubled_up_to(most) if count > 2 or most < 12][-len(counts) :] == counts
    assert doubled_up_to(most)[-1] == most
