import json
import re
import shutil

import pytest

from epochwise.input_error import InputError
from epochwise.report.read_runs import read_runs

ROWS = "epoch,train/loss,val/loss,val/quality,events\n0,2,1.5,0.5,\n1,1,1.25,0.75,lr_drop\n"

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


@pytest.fixture
def folder(tmp_path):
    """A folder that holds nothing but an epochs.csv."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/epochs.csv").write_text(ROWS)
    return tmp_path / "bare"


def test_a_run_is_read_with_its_result_and_its_settings(trained):
    (run,) = read_runs([trained])
    assert (run.monitor, run.mode, len(run.rows)) == ("val/loss", "min", 3)
    assert run.result["status"] == "completed"
    assert run.settings["trainer"]["max_epochs"] == 3
    assert (run.name, run.folder) == (trained.name, trained)


def test_the_task_of_a_run_says_which_direction_is_better(trained):
    (run,) = read_runs([trained], monitor="val/accuracy")
    assert run.mode == "max"


def test_a_table_alone_does(folder):
    (run,) = read_runs([folder])
    assert (run.monitor, run.mode, run.result, run.settings) == ("val/loss", "min", {}, {})
    assert run.rows[1]["events"] == "lr_drop"


def test_a_score_may_be_named_as_the_tool_names_it(tmp_path):
    (tmp_path / "log.csv").write_text("epoch,acc,loss,val_acc,val_loss\n0,0.5,1,0.5,1\n")
    (run,) = read_runs([tmp_path / "log.csv"], monitor="val_acc", mode="max")
    assert run.monitor == "val/acc"


@pytest.mark.parametrize(
    ("monitor", "line"),
    [
        (
            "val/quality",
            "mode: nothing says which val/quality is better; one of: mode=min (smaller is better), mode=",
        ),
        (
            "val/los",
            "monitor: got 'val/los', which is no column of .*, allowed: val/loss, .* did you mean 'val/loss'",
        ),
    ],
)
def test_a_monitor_that_says_too_little_is_one_line(folder, monitor, line):
    with pytest.raises(InputError) as caught:
        read_runs([folder], monitor=monitor)
    assert re.match(line.replace("(", r"\(").replace(")", r"\)"), str(caught.value))


def test_folders_of_runs_are_all_their_runs_once_each_in_the_order_of_their_numbers(folder):
    for job in (2, 10, 9):
        shutil.copytree(folder, folder.parent / f"sweep/{job}")
    runs = read_runs([folder.parent / "sweep", folder.parent / "sweep/9"])
    assert [run.name for run in runs] == ["2", "9", "10"]


def test_names_are_what_tells_runs_apart(folder):
    for place in ("a/x", "b/x"):
        shutil.copytree(folder, folder.parent / place)
    (folder / "log.csv").write_text(ROWS)
    runs = read_runs([folder.parent / "a/x", folder.parent / "b/x", folder / "log.csv"])
    assert [run.name for run in runs] == ["a/x", "b/x", "bare/log.csv"]


def test_what_is_not_there_is_one_line(tmp_path, folder):
    with pytest.raises(InputError, match=r"runs: no file or folder .*bear; did you mean 'bare'"):
        read_runs([tmp_path / "bear"])
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"runs: no log in .*empty or below it; allowed: epochs.csv, metrics.csv"):
        read_runs([tmp_path / "empty"])


@pytest.mark.parametrize("text", ["", "[]", '{"a": 1}', "x" * 100, "[" * 100_000])
def test_a_result_that_is_damaged_or_somebody_elses_is_none(folder, text):
    (folder / "result.json").write_text(text)
    assert read_runs([folder])[0].result == {}


def test_a_config_that_is_not_trusted_is_left_out_and_said(folder):
    (folder / "config.yaml").write_text("model: {_target_: os.system}")
    (run,) = read_runs([folder])
    assert run.settings == {}
    assert "os.system" in run.notes[0]


def test_the_result_of_another_score_is_not_taken_for_the_one_that_is_asked_for(folder):
    result = {"epochs_run": 2, "monitor": "val/quality", "mode": "max"}
    (folder / "result.json").write_text(json.dumps(result))
    assert read_runs([folder])[0].monitor == "val/quality"
    (run,) = read_runs([folder], monitor="val/loss")
    assert (run.monitor, run.mode) == ("val/loss", "min")


@pytest.mark.parametrize(("content", "shown"), [(PNG, True), (PNG + bytes(150_000), False), (b"<svg/>", False)])
def test_only_a_small_png_is_taken_for_a_sheet_of_pictures(folder, content, shown):
    assert read_runs([folder])[0].pictures is None
    (folder / "pictures.png").write_bytes(content)
    assert read_runs([folder])[0].pictures == (content if shown else None)


def test_beside_the_loss_on_one_of_several_sets_stands_the_training_loss(tmp_path):
    rows = [{"epoch": e, "step": e, "eval_a_loss": 2.0 + e, "eval_b_loss": 3.0, "loss": 1 / e} for e in (1, 2)]
    (tmp_path / "trainer_state.json").write_text(json.dumps({"log_history": rows}))
    for monitor, name in ((None, "a"), ("eval_b_loss", "b")):
        (run,) = read_runs([tmp_path], monitor=monitor)
        assert run.monitor == f"val/{name}_loss"
        assert [row[f"train/{name}_loss"] for row in run.rows] == [1, 0.5]
