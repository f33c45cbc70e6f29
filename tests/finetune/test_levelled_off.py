import pytest

from epochwise.finetune.levelled_off import levelled_off


@pytest.mark.parametrize(
    ("scores", "settings", "expected"),
    [
        ([3, 2, 1], {}, False),
        ([3, 2, 2], {}, False),
        ([3, 2, 2, 2], {}, True),
        ([1, 2, 3], {"mode": "max"}, False),
        ([3, 3, 3], {"mode": "max"}, True),
        ([3, 2.9, 2.8], {"min_delta": 0.5}, True),
        ([1, 5, 5, 5], {"since_epoch": 1}, True),
        ([1, 5, 4, 3], {"since_epoch": 1}, False),
        ([float("nan")] * 2, {}, True),
        ([], {}, False),
    ],
)
def test_it_counts_epochs_without_improvement_of_the_phase(scores, settings, expected):
    settings = {"since_epoch": 0, "mode": "min", "patience": 2, "min_delta": 0.0} | settings
    assert levelled_off(dict(enumerate(scores)), **settings) is expected


def test_epochs_without_validation_count_as_soon_as_one_is_validated():
    settings = {"since_epoch": 0, "mode": "min", "patience": 4, "min_delta": 0.0}
    assert not levelled_off({1: 1.0, 3: 1.0}, **settings)
    assert levelled_off({1: 1.0, 3: 1.0, 5: 1.0}, **settings)
