"""The front doors as a person starts them, from an empty folder: in processes of their own where that is the fact."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

PROJECT = Path(__file__).parents[1]
# In double precision: where a sum falls on zero, a unit may be on in one process and off in two.
EXACT = ["model.dropout=0", "trainer.precision=64-true"]
QUICK = ["trainer.max_epochs=2", "data.batch_size=128", "~callbacks.model_summary"]
RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


def run(folder, *command, timeout=600):
    variables = {name: value for name, value in os.environ.items() if name not in RANKS}
    variables |= {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "default"}
    return subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=variables,
        capture_output=True,
        text=True,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
    )


def run_folders(folder):
    return sorted(path.parent for path in Path(folder).rglob("result.json"))


@pytest.fixture(scope="module")
def one_process(tmp_path_factory):
    """A run of the main job by one process, its output, and its folder."""
    folder = tmp_path_factory.mktemp("one_process")
    done = run(folder, PROJECT / "train.py", *QUICK, *EXACT, "name=one")
    assert done.returncode == 0, done.stderr
    (run_folder,) = run_folders(folder)
    return run_folder, done


def test_a_run_says_what_it_will_do_how_it_goes_and_what_came_out(one_process):
    run_folder, done = one_process
    where = run_folder.relative_to(run_folder.parents[2])
    assert "1,257 train, 270 val, 270 test samples of 1x8x8, 10 classes" in done.stdout
    assert done.stdout.count("epoch   1   train loss") == 1
    assert "completed: trained all of its 2 epochs" in done.stdout
    assert f"run folder  {where}\n" in done.stdout
    assert f"tensorboard --logdir {where}\n" in done.stdout
    assert f"    report  {where}/report.html\n" in done.stdout


def test_a_run_complains_of_nothing(one_process):
    assert one_process[1].stderr == ""


def test_a_run_draws_its_confusion_matrices(one_process):
    reader = EventAccumulator(str(one_process[0] / "tensorboard"))
    reader.Reload()
    assert reader.Tags()["images"] == ["confusion_matrix/val", "confusion_matrix/test"]


@pytest.mark.ranks
def test_two_ranks_make_one_run_folder_and_the_model_of_one_process(tmp_path, one_process):
    ddp = ["trainer=ddp", "trainer.devices=2", *QUICK, *EXACT, "data.batch_size=64"]
    done = run(tmp_path, PROJECT / "train.py", *ddp)
    assert done.returncode == 0, done.stderr
    (run_folder,) = run_folders(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}
    weights, expected = (
        torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
        for folder in (run_folder, one_process[0])
    )
    assert max((weights[name] - expected[name]).abs().max() for name in expected) < 1e-6
    scores, expected = (
        json.loads((folder / "result.json").read_text())["test"] for folder in (run_folder, one_process[0])
    )
    assert scores == pytest.approx(expected, abs=1e-6)


@pytest.mark.ranks
def test_a_sweep_of_two_ranks_is_one_folder_a_job_with_its_own_settings(tmp_path):
    sweep = ["-m", "seed=1,2", "trainer=ddp", "trainer.devices=2", *QUICK, "name=sweep", "trainer.max_epochs=1"]
    done = run(tmp_path, PROJECT / "train.py", *sweep)
    assert done.returncode == 0, done.stderr
    folders = run_folders(tmp_path)
    assert [folder.name for folder in folders] == ["0", "1"]
    assert len(list((tmp_path / "outputs" / "sweep").iterdir())) == 1
    for folder, seed in zip(folders, (1, 2), strict=True):
        assert f"\nseed: {seed}\n" in (folder / "config.yaml").read_text()
    first, second = (json.loads((folder / "result.json").read_text())["best_score"] for folder in folders)
    assert first != second


@pytest.mark.ranks
def test_a_sweep_without_a_name_goes_to_the_folder_of_what_is_chosen(tmp_path):
    one_epoch = ["trainer.max_epochs=1", "trainer.limit_train_batches=1", "~callbacks.model_summary"]
    done = run(tmp_path, PROJECT / "train.py", "-m", "seed=0,1", *one_epoch)
    assert done.returncode == 0, done.stderr
    folders = run_folders(tmp_path)
    assert [folder.name for folder in folders] == ["0", "1"]
    assert folders[0].parents[1] == tmp_path / "outputs" / "digits-mlp"
    own = "train.py seed=1 trainer.max_epochs=1 trainer.limit_train_batches=1 '~callbacks.model_summary'"
    assert own in json.loads((folders[1] / "result.json").read_text())["command"]


@pytest.mark.ranks
@pytest.mark.parametrize(("signum", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_run_asked_to_end_can_be_continued_from_its_folder_alone(tmp_path, signum, code):
    endless = ["trainer.max_epochs=500", "stopping=none", "scheduler=none"]
    command = [sys.executable, PROJECT / "train.py", *endless, "hydra.run.dir=run"]
    with open(tmp_path / "errors", "w") as errors:
        process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=errors)
        while not (tmp_path / "run/epochs.csv").exists():
            assert process.poll() is None, (tmp_path / "errors").read_text()
            time.sleep(0.05)
        process.send_signal(signum)
        assert process.wait(timeout=600) == code
    result = json.loads((tmp_path / "run/result.json").read_text())
    assert result["status"] == "interrupted"
    done = run(tmp_path, PROJECT / "train.py", "run=run", f"trainer.max_epochs={result['epochs_run'] + 2}")
    assert done.returncode == 0, done.stderr
    again = json.loads((tmp_path / "run/result.json").read_text())
    assert (again["status"], again["epochs_run"]) == ("completed", result["epochs_run"] + 2)


@pytest.mark.ranks
def test_torchrun_makes_one_run_folder(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    torchrun = ["-m", "torch.distributed.run", "--nproc-per-node=2", f"--master-port={port}"]
    done = run(tmp_path, *torchrun, PROJECT / "train.py", "trainer=ddp", "trainer.devices=2", *QUICK, "name=torchrun")
    assert done.returncode == 0, done.stderr
    assert len(run_folders(tmp_path)) == 1
    assert len(list((tmp_path / "outputs" / "torchrun").iterdir())) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}


def test_a_run_is_scored_again_from_its_folder_wherever_it_stands(typed, tmp_path, one_process):
    moved = tmp_path / "moved"
    moved.symlink_to(one_process[0])
    code, _, err = typed("evaluate.py", f"run={moved}")
    assert (code, err) == (0, "")
    scores = json.loads((moved / "predictions/test.json").read_text())
    expected = json.loads((moved / "result.json").read_text())
    assert {name: scores[name] for name in expected["test"]} == pytest.approx(expected["test"], abs=1e-6)
    assert scores["epoch"] == expected["best_epoch"]
    assert {path.name for path in tmp_path.iterdir()} == {"moved"}


def test_a_folder_with_nothing_but_a_table_is_reported_without_importing_torch(tmp_path, one_process):
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/epochs.csv").write_bytes((one_process[0] / "epochs.csv").read_bytes())
    told = run(tmp_path, "-X", "importtime", PROJECT / "report.py", "bare", "replay.patience=1,2")
    assert told.returncode == 0, told.stderr
    assert " torch\n" not in told.stderr
    assert " numpy\n" in told.stderr
    assert "    report  bare/report.html and bare/curves.png" in told.stdout
    assert len(told.stdout.splitlines()) <= 12
    assert {path.name for path in tmp_path.rglob("*.*")} == {"epochs.csv", "report.html", "curves.png", "result.json"}


def test_a_run_that_is_not_there_is_one_line(typed):
    assert typed("report.py", "nowhere") == (2, "", "runs: no file or folder nowhere\n")


def test_data_that_cannot_be_read_is_one_line_and_leaves_no_result(typed, tmp_path):
    code, out, err = typed("train.py", "data=image_folder", "data.root=nowhere")
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "nowhere" in err
    assert not list(tmp_path.glob("outputs"))
