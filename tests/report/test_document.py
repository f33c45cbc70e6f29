import json
from dataclasses import replace
from datetime import datetime
from math import nan
from pathlib import Path

import pytest

from epochwise.report.document import find_out, make_document
from epochwise.report.read_runs import ReportRun, read_runs

NOON = datetime(2026, 1, 31, 12)


def document_of(*runs):
    return make_document("title", runs, [find_out(run) for run in runs], NOON)


def test_a_run_of_this_project_is_told_in_full(trained):
    (run,) = document_of(*read_runs([trained]))["runs"]
    result = json.loads((trained / "result.json").read_text())
    for key in ("status", "reason", "best_epoch", "best_score", "test", "phases", "steps", "seconds", "tested_epoch"):
        assert run[key] == result[key], key
    for key in ("verdict", "recommended_epochs", "forecast", "replay"):
        assert run[key] == result[key], key
    assert run["columns"]["epoch"] == [0, 1, 2]
    assert "events" not in run["columns"]


def test_a_table_alone_is_told_as_far_as_it_goes():
    rows = [{"epoch": 0, "val/loss": 1.0, "seconds": 2}, {"epoch": 1, "val/loss": nan, "events": "lr_drop stop"}]
    document = document_of(ReportRun("x", Path("epochs.csv"), rows, "val/loss", "min"))
    (run,) = document["runs"]
    assert run["columns"] == {"epoch": [0, 1], "val/loss": [1.0, None], "seconds": [2, None]}
    assert run["events"] == [{"epoch": 1, "name": "lr_drop"}, {"epoch": 1, "name": "stop"}]
    assert (run["best_epoch"], run["best_score"], run["seconds"], run["steps"]) == (0, 1.0, 2, None)
    assert (run["status"], run["test"], run["phases"], run["plan"], run["next"]) == (None, {}, None, None, [])
    json.dumps(document, allow_nan=False)


def test_the_best_epoch_is_that_of_the_score_that_is_asked_for():
    rows = [{"epoch": e, "val/loss": loss, "val/f1": f1} for e, (loss, f1) in enumerate([(1.0, 0.2), (2.0, 0.9)])]
    result = {"epochs_run": 2, "monitor": "val/loss", "best_epoch": 0, "best_score": 1.0, "tested_epoch": 0}
    (run,) = document_of(ReportRun("x", Path("epochs.csv"), rows, "val/f1", "max", result))["runs"]
    assert (run["best_epoch"], run["best_score"], run["tested_epoch"]) == (1, 0.9, 0)


@pytest.mark.parametrize("odd", [3, "x", ["a"], {"a": "b"}, {"a": [1]}, None])
def test_a_result_with_other_kinds_of_values_harms_nothing(odd):
    keys = ("status", "test", "phases", "plan", "seconds", "best_epoch", "best_score", "command", "chance", "ideal")
    result = dict.fromkeys(keys, odd) | {"epochs_run": 1, "monitor": "val/loss"}
    run = ReportRun("x", Path("epochs.csv"), [{"epoch": 0, "val/loss": 1.0}], "val/loss", "min", result, {"seed": 0})
    json.dumps(document_of(run), allow_nan=False)


def test_seeds_are_told_with_mean_and_spread():
    runs = [
        ReportRun(
            f"run {seed}", Path("epochs.csv"), [{"epoch": 0, "val/loss": 1.0 + seed}], "val/loss", "min",
            {"epochs_run": 1, "test": {"accuracy": 0.5 + seed / 10}}, {"seed": seed},
        )
        for seed in (0, 1, 2)
    ]  # fmt: skip
    (group,) = document_of(*runs)["seeds"]
    assert group["name"] == "3 seeds"
    assert group["best_score"] == {"mean": 2.0, "std": 1.0}
    assert group["test"]["accuracy"] == {"mean": pytest.approx(0.6), "std": pytest.approx(0.1)}


def test_runs_and_groups_of_seeds_are_named_by_what_tells_them_apart():
    runs = [
        ReportRun(str(job), Path("epochs.csv"), [{"epoch": 0, "val/loss": 1.0}], "val/loss", "min", {}, settings)
        for job, settings in enumerate({"seed": seed, "optimizer": {"lr": lr}} for lr in (0.1, 0.2) for seed in (0, 1))
    ]
    document = document_of(*runs)
    assert document["runs"][1]["name"] == "1 optimizer.lr=0.1 seed=1"
    assert [group["name"] for group in document["seeds"]] == ["optimizer.lr=0.1: 2 seeds", "optimizer.lr=0.2: 2 seeds"]


def test_pictures_of_one_run_are_in_the_document_and_those_of_several_are_not():
    rows = [{"epoch": 0, "val/loss": 1.0}]
    run = ReportRun("x", Path("epochs.csv"), rows, "val/loss", "min", pictures=b"png")
    assert document_of(run)["pictures"] == "cG5n"
    assert document_of(replace(run, pictures=None))["pictures"] is None
    assert document_of(run, replace(run, name="y"))["pictures"] is None
