"""Every command of README.md and docs/, run for real: as printed, or with what stands below added to it.

The experiments of docs/epochs.md are trained whole by `benchmarks/what_sets_the_count.py`.
"""

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.newcomer_files import write_newcomer_files
from tests.test_readme import COMMANDS, PARTS_OF_PAGES, PROJECT

pytestmark = pytest.mark.commands

#: What a part of a command needs that is not here.
NOT_HERE = {
    "trainer=gpu": "a GPU",
    "trainer.accelerator=mps": "a Mac",
    "trainer.num_nodes=2": "a second machine",
    "storage=postgresql": "a PostgreSQL",
    "model.pretrained=true": "a download",
    "experiment=fashion_cnn": "a download",
    "loggers=wandb": "an account",
    **dict.fromkeys(PARTS_OF_PAGES, "code of the page itself, which its own test writes"),
}
#: What a part of a command needs that `make` does not install.
EXTRAS = {"mlflow": "mlflow", "DeviceStatsMonitor": "psutil"}
#: What is long for a test: part of a command -> what is added.
SHORTER = {
    "-m experiment=": "trainer.max_epochs=1",
    "glob(digits_*)": "trainer.max_epochs=1",
    "model=resnet": "trainer.max_epochs=1",
    "digits_resnet": "trainer.max_epochs=1",
    "character_language_model": "trainer.max_epochs=1",
    "experiment=mark": "trainer.max_epochs=1",
    "train.py data=mnist5k": "trainer.max_epochs=1",
    "n_trials=50": "n_trials=4 trainer.max_epochs=4",
    "n_trials=20": "n_trials=4 trainer.max_epochs=4",
}
#: Parts of commands that end with a question and exit code 2, as the page says.
ASKS = {"run=FOLDER trainer.max_epochs=": "extend=stretch"}


def run(folder: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, str(PROJECT / words[0]), *words[1:]],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """What the pages speak of: pictures and tables beside a project that has a few runs."""
    beside = tmp_path_factory.mktemp("scene")
    write_newcomer_files(beside, num_pictures=90, num_classes=3)
    numbers = [f"{a},{b},{a + 2 * b}" for a in range(15) for b in range(15)]
    (beside / "numbers.csv").write_text("\n".join(["legs,wings,weight", *numbers]) + "\n")
    project = beside / "project"
    project.mkdir()
    (project / "log.csv").write_text("epoch,loss,val_loss\n" + "".join(f"{n},{1 / (n + 1)},1\n" for n in range(9)))
    (project / "history.csv").write_text(
        "epoch,train_loss,valid_loss,time\n" + "".join(f"{n},{1 / (n + 1)},1,00:01\n" for n in range(9))
    )
    scores = [f"{n},{1 / (n + 1)},1,{n / 10}\n" for n in range(9)]
    (project / "results.csv").write_text("epoch,loss,val_loss,val_acc\n" + "".join(scores))
    # Reports are written beside what they are of, so the logs are copied, not linked.
    shutil.copytree(PROJECT / "tests/logs/written", project / "tests/logs/written")
    shutil.copytree(PROJECT / "tests/logs/written/keras", project / "runs/keras")
    shutil.copytree(PROJECT / "tests/logs/written/timm", project / "runs/timm")
    (project / "pictures").symlink_to(beside / "pictures")
    made = {
        "digits-mlp/first": [],
        "scratch": ["data=image_folder", "data.root=../pictures", "model=cnn"],
        "beetles": ["data=table", "data.path=../beetles.csv", "data.target=species"],
        "pretrain/first": ["experiment=pretrain", "data=digits", "data.image_size=28"],
    }
    for name, words in made.items():
        done = run(project, ["train.py", *words, "trainer.max_epochs=2", f"hydra.run.dir=outputs/{name}"])
        assert done.returncode == 0, done.stderr
    done = run(project, ["evaluate.py", "run=outputs/digits-mlp/first", "export=onnx"])
    assert done.returncode == 0, done.stderr
    shards = [sys.executable, "-m", "epochwise.shards", "pictures", "shards"]
    subprocess.run(shards, cwd=beside, check=True, capture_output=True)
    shutil.copytree(project / "outputs/scratch", project / "outputs/finetuned")
    shutil.copytree(project / "outputs/digits-mlp/first", project / "outputs/digits-mlp/second")
    return beside


@pytest.mark.parametrize("command", COMMANDS)
def test_it_runs_as_printed(scene, tmp_path, command):
    for part, why in NOT_HERE.items():
        if part in command:
            pytest.skip(f"needs {why}")
    for part, package in EXTRAS.items():
        if part in command:
            pytest.importorskip(package)
    folder = tmp_path / "project"
    for name in ("pictures", "shards", "beetles.csv", "numbers.csv"):
        (tmp_path / name).symlink_to(scene / name)
    shutil.copytree(scene / "project", folder, symlinks=True)
    meant = {
        "config-dir FOLDER": f"config-dir {PROJECT}/tests/little_project/conf",
        "data.root=FOLDER": "data.root=../pictures",
        "data.path=SHARDS": "data.path=../shards",
        "predict=PATH": "predict=../new.csv",
        "data=table data.path=FILE data.target=COLUMN data.kind=number": "data=table data.path=../numbers.csv "
        "data.target=weight data.kind=number",
        "split=all data=table data.path=FILE": "split=all data=table data.path=../beetles.csv data.target=species",
        "exported=model.onnx": "exported=outputs/digits-mlp/first/exports/best.onnx",
        "data.path=FILE": "data.path=../beetles.csv",
        "data=table groups=COLUMN": "data=table data.path=../beetles.csv data.target=species groups=nest folds=4",
        "COLUMN": "species",
        "RUN RUN RUN": "outputs/digits-mlp/first outputs/digits-mlp/second outputs/beetles",
        "RUN": "outputs/digits-mlp/first",
        "path:clinic_b.csv": "path:breast_cancer",  # of the same columns
        "ckpt=NAME": "ckpt=best",
        "data=mnist5k counts=5,10,20,40,80": "data=mnist5k counts=1,2",
        "run=FOLDER": "run=outputs/beetles"
        if "table" in command or "PATH" in command
        else "run=outputs/digits-mlp/first",
    }
    (tmp_path / "new.csv").write_text("legs,wings,nest\n1,2,1\n3,1,3\n")
    asks = next((line for part, line in ASKS.items() if part in command), None)
    typed = command
    for said, real in meant.items():
        typed = typed.replace(said, real)
    for word in shlex.split(typed):
        if word.startswith("hydra.run.dir="):
            shutil.rmtree(folder / word.partition("=")[2], ignore_errors=True)  # what the command is to make
    longer = [word for part, words in SHORTER.items() if part in command for word in words.split()]
    done = run(folder, [*shlex.split(typed)[1:], *longer])
    told = done.stdout[-2000:] + done.stderr[-2000:]
    if asks:
        assert (done.returncode, asks in done.stderr) == (2, True), told
    else:
        assert done.returncode == 0, told
