import pytest

from epochwise.report.terminal import named_epoch


@pytest.mark.parametrize(
    ("epoch", "count", "said"),
    [
        (0, 1, "0 (from 0), the 1st of 1"),
        (1, 30, "1 (from 0), the 2nd of 30"),
        (2, 30, "2 (from 0), the 3rd of 30"),
        (10, 30, "10 (from 0), the 11th of 30"),
        (15, 30, "15 (from 0), the 16th of 30"),
        (111, 300, "111 (from 0), the 112th of 300"),
        (120, 300, "120 (from 0), the 121st of 300"),
        (9, 5, "9 (from 0), the 10th"),
    ],
)
def test_an_epoch_is_told_with_its_place_among_all(epoch, count, said):
    assert named_epoch(epoch, count) == said
