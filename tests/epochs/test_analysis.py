import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from epochwise.epochs.analysis import ReplayTable, analyse


def test_a_run_that_has_hardly_begun_is_undecided_and_has_a_count(trained):
    result = json.loads((trained / "result.json").read_text())
    assert result["verdict"]["label"] == "undecided"
    assert result["recommended_epochs"]["value"] in (1, 2, 3)


@pytest.mark.parametrize("rows", [[], [{"epoch": 0}], [{"epoch": 0, "val/loss": None}, {"epoch": 1, "val/loss": None}]])
def test_a_run_without_scores_is_undecided_and_has_no_count(rows):
    found = analyse(rows, "val/loss", "min")
    assert found["verdict"]["label"] == "undecided"
    assert found["recommended_epochs"] is None
    json.dumps(found, allow_nan=False)


def test_the_scores_that_compare_are_taken_where_there_are_some():
    rows = [
        {"val/loss": 1 / (epoch + 1), "train/loss": 9.0, "train_eval/loss": 0.9 / (epoch + 1)} for epoch in range(20)
    ]
    numbers = analyse(rows, "val/loss", "min")["verdict"]["evidence"]
    assert numbers["gap_at_end"] == pytest.approx(0.1 / 20, abs=0.005)


def test_a_run_that_ends_in_no_number_has_diverged():
    rows = [{"val/loss": loss} for loss in (2.0, 1.0, float("nan"), float("nan"))]
    assert analyse(rows, "val/loss", "min")["verdict"]["label"] == "diverged"


SCORES = st.one_of(
    st.none(), st.floats(), st.sampled_from([1e300, -1e300, 1e-320, 0.0, float("inf"), float("nan")]), st.integers()
)


@given(st.lists(st.fixed_dictionaries({"val/loss": SCORES, "train/loss": SCORES}), max_size=20), st.booleans())
def test_no_table_is_too_odd_to_be_judged(rows, smaller):
    json.dumps(analyse(rows, "val/loss", "min" if smaller else "max"), allow_nan=False)


def test_advice_starts_from_the_settings_and_underfitting_from_what_is_known_of_the_scores():
    rows = [{"val/loss": 2.0 + 0.2 * 0.5**epoch, "train/loss": 2.0 + 0.2 * 0.5**epoch} for epoch in range(20)]
    found = analyse(rows, "val/loss", "min", chance=2.3, ideal=0.5, settings={"model": {"hidden_sizes": [4]}})
    assert found["verdict"]["label"] == "underfitting"
    assert found["verdict"]["advice"][0]["override"] == "model.hidden_sizes=[8]"
    assert (found["chance"], found["ideal"]) == (2.3, 0.5)


def test_a_table_is_replayed_and_looked_ahead_of():
    rows = [{"val/loss": 1 + 0.9**epoch, "seconds": 2.0, "lr": 0.1} for epoch in range(20)]
    found = analyse(rows, "val/loss", "min", replays=ReplayTable(patience=[4]), more_epochs=5)
    assert [one["patience"] for one in found["replay"]] == [4]
    assert found["forecast"]["epochs"] == (20, 21, 22, 23, 24)
    assert found["forecast"]["seconds"] == 10.0
    score = found["forecast"]["score"][-1]
    assert score == pytest.approx(1 + 0.9**24, abs=0.02)


def test_no_forecast_is_made_for_a_schedule_that_has_come_to_its_end():
    rows = [{"val/loss": 1 + 0.9**epoch, "lr/head": 0.1 * (1 - epoch / 19)} for epoch in range(20)]
    assert "learning rate has come to its end" in analyse(rows, "val/loss", "min")["forecast"]["reason"]


def test_a_curve_that_its_schedule_made_level_has_a_least_count_and_one_at_a_steady_rate_has_a_count():
    rows = [{"val/loss": 0.3 + 0.9 ** (10 * (1 - 0.9**epoch)), "lr": 0.1 * 0.9**epoch} for epoch in range(40)]
    found = analyse(rows, "val/loss", "min", chance=1.3, ideal=0)
    assert found["schedule_end"]["ended"] and found["schedule_end"]["steady_epochs"] == 7
    assert (found["recommended_epochs"]["value"], found["recommended_epochs"]["at_least"]) == (40, True)
    rows = [{"val/loss": 0.3 + 0.5**epoch, "lr": 0.1} for epoch in range(40)]
    found = analyse(rows, "val/loss", "min", chance=1.3, ideal=0)
    assert not found["schedule_end"]["ended"] and not found["recommended_epochs"]["at_least"]
    assert analyse([{"val/loss": 1.0}], "val/loss", "min")["schedule_end"] is None


def test_what_nearest_neighbours_score_decides_whether_a_network_is_too_small():
    rows = [{"val/loss": 0.6 + 0.09 * 0.5**epoch, "train/loss": 0.6 + 0.09 * 0.5**epoch} for epoch in range(20)]
    found = analyse(rows, "val/loss", "min", chance=0.693, ideal=0, neighbours=0.61)
    assert (found["verdict"]["label"], found["neighbours"]) == ("good_fit", 0.61)
    assert analyse(rows, "val/loss", "min", chance=0.693, ideal=0)["verdict"]["label"] == "underfitting"
