import json
from math import inf
from pathlib import Path

import pytest

from epochwise.input_error import InputError
from epochwise.report.page import write_findings
from epochwise.report.read_runs import ReportRun


def run(**fields):
    return ReportRun("x", Path("epochs.csv"), [{"epoch": 0, "val/loss": 1.0}], "val/loss", "min", **fields)


def test_what_stands_in_a_result_stays(tmp_path):
    file = tmp_path / "result.json"
    file.write_text("{}")
    assert write_findings(run(result={"status": "completed", "verdict": "old"}), {"verdict": "new", "x": inf}, file)
    written = json.loads(file.read_text())
    assert written == {
        "status": "completed", "verdict": "new", "x": None, "monitor": "val/loss", "mode": "min", "epochs_run": 1,
    }  # fmt: skip


def test_a_table_alone_gets_a_result(tmp_path):
    assert write_findings(run(), {"verdict": "new"}, tmp_path / "result.json")
    assert json.loads((tmp_path / "result.json").read_text())["epochs_run"] == 1


def test_a_run_under_way_gets_none(tmp_path):
    assert not write_findings(run(settings={"seed": 0}), {"verdict": "new"}, tmp_path / "result.json")
    assert not (tmp_path / "result.json").exists()


def test_somebody_elses_result_is_not_written_over(tmp_path):
    (tmp_path / "result.json").write_text("mine")
    with pytest.raises(InputError, match="no result of a run; allowed: output=FOLDER"):
        write_findings(run(), {}, tmp_path / "result.json")
    assert (tmp_path / "result.json").read_text() == "mine"
