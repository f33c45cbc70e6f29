"""What report.py finds of a ladder in its folder."""

import json

import pytest

from epochwise.ladder.counts_document import counts_document
from epochwise.ladder.ladder import read_counts, runs_of

from tests.ladder.example_ladder import example_ladder, found_of, write_runs


@pytest.fixture
def document():
    ladder = example_ladder()
    return counts_document(ladder, found_of(ladder))


def test_what_was_written_is_read(tmp_path, document):
    (tmp_path / "counts.json").write_text(json.dumps(document))
    assert read_counts(tmp_path) == json.loads(json.dumps(document))


@pytest.mark.parametrize(
    "damage",
    [
        {"counts": 7},
        {"counts": []},
        {"scores": []},
        {"scores": {"val/loss": [[0.5]]}},
        {"stderr": []},
        {"mean": ["a", "b", "c"]},
        {"words": "none"},
        {"price_epochs": None},
        {"recommended": 7},
    ],
    ids=str,
)
def test_one_of_other_kinds_or_lengths_is_none(tmp_path, document, damage):
    (tmp_path / "counts.json").write_text(json.dumps(document | damage))
    assert read_counts(tmp_path) is None


def test_one_that_is_cut_or_absent_is_none(tmp_path, document):
    assert read_counts(tmp_path) is None
    (tmp_path / "counts.json").write_text(json.dumps(document)[:-9])
    assert read_counts(tmp_path) is None


def test_its_runs_are_the_whole_ones(tmp_path, document):
    write_runs(tmp_path, example_ladder())
    (tmp_path / "trunk-4-seed-0").mkdir()
    (tmp_path / "trunk-4-seed-0/epochs.csv").write_text("epoch\n0\n")
    (tmp_path / "epochs-10-seed-7/epochs.csv").unlink()
    assert [run.name for run in runs_of(tmp_path, document)] == [
        *("epochs-5-seed-0", "epochs-5-seed-7", "epochs-10-seed-0", "epochs-20-seed-0", "epochs-20-seed-7"),
    ]
