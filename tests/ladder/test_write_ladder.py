import csv
import json

import pytest

from epochwise.ladder.write_ladder import write_ladder

from tests.ladder.example_ladder import example_ladder, found_of, write_runs
from tests.report.test_page import data_of


@pytest.fixture
def folder(tmp_path):
    write_runs(tmp_path, example_ladder())
    return tmp_path


def test_a_ladder_has_a_table_a_document_a_picture_points_and_a_page(folder):
    ladder = example_ladder()
    page = write_ladder(folder, ladder, found_of(ladder))
    with open(folder / "counts.csv") as file:
        assert [row["count"] for row in csv.DictReader(file)] == ["5", "10", "20"]
    document = json.loads((folder / "counts.json").read_text())
    assert document["recommended"] == 20
    assert (folder / "counts.png").read_bytes().startswith(b"\x89PNG")
    assert len(list((folder / "tensorboard").iterdir())) == 1
    shown = data_of(page.read_text())
    assert shown["counts"]["words"] == document["words"]
    assert len(shown["runs"]) == 6


def test_without_a_report_there_is_no_page(folder):
    ladder = example_ladder()
    assert write_ladder(folder, ladder, found_of(ladder), report=False) is None
    assert not (folder / "report.html").exists()
