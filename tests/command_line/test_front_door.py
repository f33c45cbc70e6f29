import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

WITH_LITTLE = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "little_project")}


def test_a_good_command_line_runs_the_job(run, tmp_path):
    code, out, err = run("seed=3", "hydra.run.dir=here")
    assert (code, out, err) == (0, f"seed 3 in {tmp_path}/here\n", "")


def test_faults_are_printed_and_the_exit_code_is_2(run, tmp_path):
    code, out, err = run("seed=x", "modle=net", "hydra.run.dir=here")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        "modle: unknown key, allowed: model; did you mean 'model'?",
        "seed: got 'x' (str), allowed: an int of at least 0 and at most 4294967295",
    ]
    assert not (tmp_path / "here").exists()


def test_unusable_input_found_by_a_job_is_printed_as_lines_alone(run):
    code, _, err = run("name=picky", "hydra.run.dir=here")
    assert (code, err) == (2, "data.root: no folder here\ndata.root: and none there\n")


def test_a_job_of_a_sweep_that_fails_is_named_at_once_and_stops_no_other(run, tmp_path):
    _, out, err = run("-m", "name=picky", "seed=0,1", "hydra.sweep.dir=here")
    said = "data.root: no folder here; data.root: and none there"
    assert err == f"job 0 failed: {said}\njob 1 failed: {said}\n"
    assert out == "\njob 0  name=picky seed=0\n\njob 1  name=picky seed=1\n"
    kept = [json.loads((tmp_path / f"here/{job}/job.json").read_text()) for job in (0, 1)]
    assert kept[1] == {"job": 1, "overrides": ["name=picky", "seed=1"], "status": "failed", "reason": said}
    assert kept[0]["status"] == "failed"


def test_a_crash_keeps_its_traceback(run):
    with pytest.raises(KeyError, match="a real bug"):
        run("name=crash", "hydra.run.dir=here")


@pytest.fixture
def _heard():
    """Whatever started the tests may have had them ignore Ctrl-C, as a shell does with what runs in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_heard")
@pytest.mark.parametrize(
    ("name", "files"), [("interrupt", None), ("broken_import", None), ("late_interrupt", ["kept"])]
)
def test_an_interrupted_job_says_so_and_leaves_no_empty_run_folder(run, tmp_path, name, files):
    listens = signal.getsignal(signal.SIGINT)
    code, out, err = run(f"name={name}", "hydra.run.dir=here", "hydra.output_subdir=null")
    assert (code, out, err) == (130, "", "interrupted\n")
    assert (os.listdir(tmp_path / "here") if files else (tmp_path / "here").exists() or None) == files
    assert signal.getsignal(signal.SIGINT) is listens


#: As hydra/many_runs.yaml has it.
NOTES_FOLDERS = "+hydra.callbacks.made_folders._target_=epochwise.run.made_folders.MadeFolders"


@pytest.mark.usefixtures("_heard")
@pytest.mark.parametrize("name", ["picky", "interrupt"])
def test_what_was_made_for_a_first_run_that_is_refused_goes_with_it(run, tmp_path, name):
    (tmp_path / "kept").mkdir()
    code, _, _ = run(f"name={name}", "hydra.run.dir=kept/runs/${name}/1", "hydra.output_subdir=null", NOTES_FOLDERS)
    assert code in (2, 130)
    assert os.listdir(tmp_path / "kept") == []


def test_a_folder_with_another_run_in_it_stays_where_one_is_refused(run, tmp_path):
    (tmp_path / "runs/other").mkdir(parents=True)
    words = ["name=picky", "hydra.run.dir=runs/${name}/1", "hydra.output_subdir=null", NOTES_FOLDERS]
    assert run(*words)[0] == 2
    assert os.listdir(tmp_path / "runs") == ["other"]


def test_the_working_folder_stays_where_a_run_in_it_is_refused(run, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert run("name=picky", "hydra.run.dir=.", "hydra.output_subdir=null")[0] == 2
    assert (tmp_path / "here").is_dir()


@pytest.mark.parametrize("flags", [["--help"], ["--cfg", "job"]])
def test_a_reader_that_goes_away_is_no_fault(run, tmp_path, flags):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "train.py", *flags],
        cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, text=True, check=False, env=WITH_LITTLE,
    )  # fmt: skip
    os.close(write)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("rank", ["RANK", "LOCAL_RANK"])
def test_other_processes_make_no_run_folder_and_print_no_fault_that_the_first_one_prints(run, tmp_path, rank):
    before = set(tmp_path.iterdir())
    # Lightning starts the others with the run folder of the first as last argument.
    code, out, _ = run("seed=1", 'hydra.run.dir="here"', "hydra.output_subdir=null", **{rank: "1"})
    assert (code, out) == (0, f"seed 1 in {tmp_path}\n")
    assert set(tmp_path.iterdir()) == before
    code, out, err = run("seed=x", **{rank: "1"})
    # One that Lightning started is refused alone: the first process has begun, and would be killed without a word.
    said = "rank 1: seed: got 'x' (str), allowed: an int of at least 0 and at most 4294967295\n"
    assert (code, out, err) == (2, "", said if rank == "LOCAL_RANK" else "")


def test_other_processes_of_a_run_that_goes_on_look_where_the_first_one_does(run, tmp_path):
    (tmp_path / "here").mkdir()
    code, out, _ = run("+resume=auto", "seed=1", 'hydra.run.dir="here"', "hydra.output_subdir=null", RANK="1")
    assert (code, out) == (0, f"seed 1 in {tmp_path / 'here'}\n")
    assert not any((tmp_path / "here").iterdir())


def test_the_first_process_of_several_prints(run):
    code, _, err = run("seed=x", RANK="0", LOCAL_RANK="0")
    assert (code, err) == (2, "seed: got 'x' (str), allowed: an int of at least 0 and at most 4294967295\n")


def test_a_fault_is_said_without_importing_torch(run, tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "train.py", "trainer.max_epochs=fifty"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=WITH_LITTLE,
    )  # fmt: skip
    lines = done.stderr.splitlines()
    said = [line for line in lines if not line.startswith("import time:")]
    imported = {line.split("|")[-1].strip() for line in lines} - set(said)
    assert (done.returncode, said) == (2, ["trainer.max_epochs: got 'fifty' (str), allowed: an int of at least 1"])
    assert not imported & {"torch", "lightning", "timm", "torchvision", "numpy", "little"}


def test_a_run_folder_that_cannot_be_made_is_one_line(run, tmp_path):
    (tmp_path / "file").write_text("no folder")
    code, out, err = run("hydra.run.dir=file/here")
    assert (code, out) == (2, "")
    assert err == "file/here: Not a directory\n"
