import json

import numpy as np
import pytest

from epochwise.ladder.counts_document import count_rows, counts_document

from tests.ladder.example_ladder import example_ladder, found_of


def document_of(ladder):
    return counts_document(ladder, found_of(ladder))


def test_it_is_json_and_holds_what_was_measured_and_what_that_says():
    found = json.loads(json.dumps(document_of(example_ladder()), allow_nan=False))
    assert found["counts"] == [5, 10, 20]
    assert found["recommended"] == 20
    assert found["scores"]["val/loss"] == [[0.9, 0.5, 0.3], [1.0, None, 0.34]]
    assert found["words"][0].startswith("recommended: 20 epochs (val/loss 0.32 ±")
    assert found["failed"] == {"epochs-10-seed-7": "RuntimeError: out of memory"}
    assert found["test"] is None


def test_another_score_by_which_fewer_epochs_would_do_is_named():
    level = example_ladder(others={"val/accuracy": np.full((2, 3), 0.9), "val/margin": np.full((2, 3), 0.9)})
    assert (
        document_of(level)["words"][-1] == "by val/accuracy it would be 5 epochs"
    )  # which margin is better, none says
    assert not any(word.startswith("by ") for word in document_of(example_ladder())["words"])


def test_the_trunk_is_the_mean_over_seeds_as_far_as_all_of_them_go():
    assert document_of(example_ladder())["trunk"] == [pytest.approx(1.6)]
    assert document_of(example_ladder(trunks=()))["trunk"] == []


def test_test_scores_have_a_mean_and_its_standard_error_over_seeds():
    accuracy = document_of(example_ladder(test={"accuracy": [0.9, 0.94]}))["test"]["accuracy"]
    assert accuracy == {"mean": pytest.approx(0.92), "stderr": pytest.approx(0.02), "scores": [0.9, 0.94]}
    assert document_of(example_ladder(test={"accuracy": [0.9]}))["test"]["accuracy"]["stderr"] is None


def test_a_row_a_count_has_its_price_its_mean_and_each_seed():
    first, second, third = count_rows(document_of(example_ladder()))
    assert (first["count"], first["steps"], first["seconds"], first["price_epochs"]) == (5, 50, 1, 5)
    assert (first["val/loss"], first["gain"], first["val/accuracy"]) == (
        pytest.approx(0.95),
        None,
        pytest.approx(0.525),
    )
    assert (second["val/loss seed=0"], second["val/loss seed=7"]) == (0.5, None)
    assert third["seconds"] is None
