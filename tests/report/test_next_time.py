import pytest

from epochwise.report.terminal import is_unsettled, next_time


def found(value=12, at_least=False, ended=False, label="good_fit"):
    count = {"value": value, "low": 10, "high": 12, "at_least": at_least}
    return {"recommended_epochs": count, "schedule_end": {"ended": ended}, "verdict": {"label": label}}


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (found(), "12 epochs (10 to 12 are within the noise)"),
        (found(1), "1 epoch (10 to 12 are within the noise)"),
        (found(at_least=True, ended=True), "at least 12 epochs: its schedule ended"),
        (found(at_least=True, ended=True, label="undecided"), "at least 12 epochs: its schedule ended"),
        (found(at_least=True, label="still_improving"), "at least 12 epochs: it still improves"),
        (
            found(at_least=True, ended=True, label="overfitting"),
            "12 epochs of this schedule; one of another length has its own count",
        ),
        (found(6, at_least=True, label="undecided"), "at least 6 epochs: too few to tell"),
    ],
)
def test_a_count_is_told_with_its_band_or_as_a_least_one_with_the_reason(said, words):
    assert next_time(said) == words


def test_a_result_of_before_has_a_count_that_stands():
    before = {"recommended_epochs": {"value": 12, "low": 10, "high": 12}, "verdict": {"label": "good_fit"}}
    assert next_time(before) == "12 epochs (10 to 12 are within the noise)"
    assert not is_unsettled(before)
    assert not is_unsettled({"recommended_epochs": None})
