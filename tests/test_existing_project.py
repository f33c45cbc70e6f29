"""docs/existing-project.md: its code, run as it stands; the first script also where the wheel alone is installed."""

import json
import os
import re
import subprocess
import sys
from functools import partial
from pathlib import Path

import lightning as L
import pytest

from epochwise.run.epochs_csv import read_epochs_csv

ROOT = Path(__file__).parents[1]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs/existing-project.md").read_text(), re.DOTALL | re.MULTILINE)


@pytest.mark.long
@pytest.mark.filterwarnings(
    "ignore:The '.*_dataloader' does not have many workers",
    "ignore:The number of training batches",
    "ignore:Checkpoint directory",
    "ignore:The dirpath has changed",
    "ignore:.*GPU available but not used",
    "ignore:You're resuming from a checkpoint that ended before the epoch ended",
    "ignore:Your `IterableDataset` has `__len__` defined",
    "ignore:Starting from v1.9.0",
)
def test_the_code_of_the_page_leaves_what_the_page_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(L, "Trainer", partial(L.Trainer, enable_progress_bar=False, accelerator="cpu"))
    L.seed_everything(0, verbose=False)
    names = {"__name__": "page"}
    for block in BLOCKS:
        exec(compile(block, "docs/existing-project.md", "exec"), names)
    results = {path.parent.name: json.loads(path.read_text()) for path in Path("outputs").glob("*/result.json")}
    rows = {name: read_epochs_csv(Path("outputs", name, "epochs.csv")) for name in results}
    assert {name: len(table) for name, table in rows.items() if name not in ("early", "adaptive")} == {
        "digits": 25, "tuned": 4, "stream": 1, "gan": 3, "two": 3,
    }  # fmt: skip
    assert [row["epoch"] for row in rows["digits"]] == list(range(25))
    assert {result["status"] for result in results.values()} <= {"completed", "stopped_early"}
    assert results["adaptive"]["reason"]
    assert {"lr/encoder", "lr/decoder"} <= rows["tuned"][0].keys()
    assert {"lr/Adam", "lr/Adam-1"} <= rows["gan"][0].keys()
    assert results["two"]["monitor"] == "val/loss/dataloader_idx_1"
    assert all((Path("outputs", name) / "report.html").exists() for name in results)


@pytest.mark.projects
def test_the_first_script_runs_where_the_wheel_alone_is_installed(tmp_path):
    """Takes 3 minutes and 6 GB: torch is installed."""
    env = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}

    def call(*words):
        return subprocess.run(
            list(map(str, words)), cwd=tmp_path, env=env, check=True, capture_output=True, text=True
        ).stdout

    call(sys.executable, "-m", "venv", tmp_path / "env")
    python = tmp_path / "env/bin/python"
    call(python, "-m", "pip", "wheel", "-q", "--no-deps", "-w", tmp_path / "wheels", ROOT)
    (wheel,) = (tmp_path / "wheels").glob("epochwise-*.whl")
    call(python, "-m", "pip", "install", "-q", "-c", ROOT / "constraints.txt", wheel)
    (tmp_path / "script.py").write_text(BLOCKS[0])
    call(python, "script.py")
    assert {path.name for path in (tmp_path / "outputs/digits").iterdir()} == {
        "epochs.csv", "result.json", "report.html", "curves.png", "tensorboard",
    }  # fmt: skip
    before = json.loads((tmp_path / "outputs/digits/result.json").read_text())
    said = call(tmp_path / "env/bin/epochwise", "report", "outputs/digits")
    assert before["verdict"]["reason"] in said
    assert json.loads((tmp_path / "outputs/digits/result.json").read_text()) == before
