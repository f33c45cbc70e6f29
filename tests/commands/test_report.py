import json
import shutil

import pytest

from epochwise.commands.report import report
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

PNG = b"\x89PNG"


@pytest.fixture
def run(tmp_path, trained):
    """A copy of a run's folder without its checkpoints."""
    shutil.copytree(trained, tmp_path / "run", ignore=shutil.ignore_patterns("checkpoints", "tensorboard"))
    return tmp_path / "run"


def test_a_run_ends_with_its_report(tmp_path, composed):
    quick = ("trainer.max_epochs=1", "~callbacks.model_summary", "name=test", "trainer.limit_train_batches=2")
    train(composed(*quick, "report=true", run_folder=tmp_path / "run"))
    assert "<html" in (tmp_path / "run/report.html").read_text()
    assert (tmp_path / "run/curves.png").read_bytes().startswith(PNG)


def test_report_false_leaves_it_out(trained):
    assert not (trained / "report.html").exists()


def test_a_run_is_reported_and_its_result_keeps_what_it_had(run, composed, capsys):
    before = json.loads((run / "result.json").read_text())
    report(composed(f"runs=[{run}]", "replay.patience=[1,2]", "more_epochs=7", root="report"))
    after = json.loads((run / "result.json").read_text())
    assert [one["patience"] for one in after["replay"]] == [1, 2]
    changed = {key for key in before if before[key] != after[key]}
    assert changed <= {"replay", "forecast"}
    assert (run / "curves.png").read_bytes().startswith(PNG)
    lines = capsys.readouterr().out.splitlines()
    assert 5 <= len(lines) <= 12
    assert f"{run}/report.html" in lines[-1]


def test_a_table_alone_is_enough(tmp_path, trained, composed):
    (tmp_path / "bare").mkdir()
    shutil.copy(trained / "epochs.csv", tmp_path / "bare")
    report(composed(f"runs=[{tmp_path / 'bare'}]", root="report"))
    result = json.loads((tmp_path / "bare/result.json").read_text())
    own = json.loads((trained / "result.json").read_text())
    assert result["recommended_epochs"] == own["recommended_epochs"]
    assert result["replay"] == own["replay"]
    assert sorted(path.name for path in (tmp_path / "bare").iterdir()) == [
        "curves.png", "epochs.csv", "report.html", "result.json",
    ]  # fmt: skip


def test_the_table_that_lightnings_logger_writes_says_what_ours_says(tmp_path, composed):
    quick = ("trainer.max_epochs=4", "~callbacks.model_summary", "name=test", "model.hidden_sizes=[8]")
    train(composed(*quick, "+loggers=csv", run_folder=tmp_path / "run"))
    (table,) = (tmp_path / "run").rglob("metrics.csv")
    report(composed(f"runs=[{table}]", f"output={tmp_path / 'out'}", root="report"))
    theirs, ours = (json.loads((tmp_path / f"{place}/result.json").read_text()) for place in ("out", "run"))
    assert theirs["recommended_epochs"] == ours["recommended_epochs"]
    assert theirs["epochs_run"] == len(read_epochs_csv(tmp_path / "run/epochs.csv")) == 4


def test_tables_of_one_folder_have_a_report_of_their_own_in_it(tmp_path, composed, capsys):
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("epoch,loss,val_loss\n0,1,1\n1,0.5,0.75\n")
    report(composed(f"runs=[{tmp_path}/a.csv,{tmp_path}/b.csv]", root="report"))
    assert {path.name for path in tmp_path.iterdir()} == {
        "a.csv", "b.csv", "epochwise-report",
    }  # fmt: skip
    found = json.loads((tmp_path / "epochwise-report/results.json").read_text())
    assert [(one["source"], one["best_epoch"]) for one in found] == [(f"{tmp_path}/{name}.csv", 1) for name in "ab"]
    assert len(capsys.readouterr().out.splitlines()) <= 12


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (["runs=[]"], "runs: none given; allowed: run folders, logs of any tool, folders of them"),
        (["runs=[nowhere]"], "runs: no file or folder nowhere"),
        (["runs=[x]", "replay.patience=[0]"], r"replay.patience: got \[0\]"),
        (["runs=[x]", "more_epochs=0"], "more_epochs: got 0"),
    ],
)
def test_what_cannot_be_reported_is_one_line(composed, overrides, line):
    with pytest.raises(InputError, match=line):
        report(composed(*overrides, root="report"))


def test_a_folder_that_takes_no_report_is_one_line(run, composed, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"output: cannot write .*file"):
        report(composed(f"runs=[{run}]", f"output={tmp_path / 'file'}", root="report"))
