import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from epochwise.console.report import DEFAULTS

ROOT = Path(__file__).parents[2]
CURVES = "epoch,train_loss,val_loss,val_acc\n" + "".join(
    f"{e},{1 / (e + 1)},{1 / (e + 1) + 0.1},{e / 9}\n" for e in range(9)
)


def test_pyproject_names_the_command():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"epochwise": "epochwise.console.main:main"}


def test_the_defaults_are_those_of_report_py():
    file = OmegaConf.to_container(OmegaConf.load(ROOT / "src/epochwise/conf/report.yaml"))
    replay = file.pop("replay")
    assert {key: value for key, value in file.items() if key != "defaults"} | {
        "replay": {"_target_": replay["_target_"]}
    } == DEFAULTS


def test_a_table_anywhere_gets_a_report_beside_it(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    code, out, err = epochwise("report", "log.csv", "replay.patience=1,2", "more_epochs=3")
    assert (code, err) == (0, "")
    result = json.loads((tmp_path / "log.csv.epochwise/result.json").read_text())
    assert (result["monitor"], result["epochs_run"]) == ("val/loss", 9)
    assert [one["patience"] for one in result["replay"]] == [1, 2]
    assert {path.name for path in tmp_path.iterdir()} == {"log.csv", "log.csv.epochwise"}
    assert "log.csv.epochwise/report.html" in out.splitlines()[-1]


def test_a_table_can_be_asked_again_otherwise_and_beside_another(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    for words in ([], [], ["monitor=val_acc"], ["replay.patience=2"], ["output=out"], ["output=out"]):
        assert epochwise("report", "log.csv", *words)[::2] == (0, "")
    (tmp_path / "second.csv").write_text(CURVES)
    assert epochwise("report", "second.csv")[::2] == (0, "")
    for _ in range(2):
        code, out, err = epochwise("report", ".")
        assert (code, err) == (0, "")
        assert [line.split()[0] for line in out.splitlines()[1:3]] == ["log.csv", "second.csv"]


def test_json_is_one_document_on_stdout_and_writes_nothing(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    code, out, err = epochwise("report", "log.csv", "json=true")
    assert (code, err) == (0, "")
    (answer,) = json.loads(out)
    assert set(answer) == {
        "source", "name", "tool", "unit", "epochs", "monitor", "mode", "best_epoch", "best_score", "verdict",
        "recommended_epochs", "notes",
    }  # fmt: skip
    assert (answer["epochs"], answer["monitor"], answer["mode"]) == (9, "val/loss", "min")
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_another_score_decides_by_the_name_it_has_in_the_table(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    code, _, err = epochwise("report", "log.csv", "monitor=val_acc", "mode=max", "output=out")
    assert (code, err) == (0, "")
    assert json.loads((tmp_path / "out/result.json").read_text())["monitor"] == "val/acc"


def test_a_class_that_only_a_run_names_is_known_where_it_is_named_again(epochwise, tmp_path):
    (tmp_path / "epochs.csv").write_text("epoch,train/loss,val/loss\n0,2,3\n1,1,2\n")
    (tmp_path / "config.yaml").write_text("model: {_target_: my_package.net.Net}")
    code, _, err = epochwise("report", ".")
    assert code == 0 and "trust=my_package.net.Net" in err
    assert epochwise("report", ".", "trust=my_package.net.Net")[::2] == (0, "")


def test_a_run_folder_keeps_what_its_result_had(epochwise, trained, tmp_path):
    (tmp_path / "run").mkdir()
    for name in ("epochs.csv", "result.json", "config.yaml"):
        (tmp_path / "run" / name).write_bytes((trained / name).read_bytes())
    assert epochwise("report", "run")[0] == 0
    before, after = (json.loads((folder / "result.json").read_text()) for folder in (trained, tmp_path / "run"))
    assert after == before


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["reprot"],
            "epochwise reprot: no such command; allowed: report, new, update, --help, --version; did you mean",
        ),
        (["report"], "runs: none given; allowed: run folders, logs of any tool, folders of them"),
        (["report", "log.cvs"], "runs: no file or folder log.cvs; did you mean 'log.csv'?"),
        (["report", "log.csv", "monitro=val_loss"], "monitro: unknown key, allowed: runs, monitor, mode"),
        (["report", "log.csv", "mode=mx"], "mode: got 'mx' (str), allowed: 'min', 'max' or null"),
        (
            ["report", "log.csv", "replay.patience=0"],
            "replay.patience: got [0], allowed: a list, each an int of at least 1",
        ),
        (["report", "log.csv", "replay.patience=[1"], "replay.patience: got '[1', which is no value"),
        (["report", "log.csv", "a.b.c=1"], "a.b.c: unknown key; allowed: runs, monitor, mode"),
        (["report", "log.csv", "--monitor=val_acc"], "--monitor=val_acc: here monitor=val_acc"),
        (["report", "log.csv", "--verbose"], "--verbose: no such flag; allowed: --help"),
        (["report", "log.csv", "monitor=val_lss"], "monitor: got 'val_lss', which is no column of log.csv"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(epochwise, tmp_path, words, line):
    (tmp_path / "log.csv").write_text(CURVES)
    code, out, err = epochwise(*words)
    assert (code, out) == (2, "")
    assert err.startswith(line), err
    assert len(err.splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["report", "--help"], ["reprot"], ["report", "none"]])
def test_neither_help_nor_a_typo_waits_for_torch(words, tmp_path):
    code = (
        "import sys; from epochwise.console.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert not {'torch', 'lightning'} & sys.modules.keys()"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, *words], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout or said.stderr


def test_what_an_earlier_report_left_beside_a_file_is_written_anew_whatever_it_is(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    (tmp_path / "log.csv.epochwise").mkdir()
    (tmp_path / "log.csv.epochwise/result.json").write_text("{")
    assert epochwise("report", "log.csv")[::2] == (0, "")
    assert json.loads((tmp_path / "log.csv.epochwise/result.json").read_text())["epochs_run"] == 9


def test_the_report_is_there_although_nobody_reads_on(tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    command = f"{sys.executable} -m epochwise.console.main report log.csv | head -1"
    subprocess.run(command, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "log.csv.epochwise/report.html").exists()


def test_where_nothing_can_be_written_the_answer_is_told_all_the_same(epochwise, tmp_path):
    (tmp_path / "log.csv").write_text(CURVES)
    (tmp_path / "log.csv.epochwise").touch()
    code, out, err = epochwise("report", "log.csv")
    assert code == 2
    assert "best epoch" in out
    assert err.startswith("output: cannot write") and err.endswith("; allowed: output=FOLDER\n")
