"""A ladder whose runs are two processes each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.outcome import differences, outcome

pytestmark = pytest.mark.ranks

PROJECT = Path(__file__).parents[2]
WORDS = ["data=table", "model.hidden_sizes=[8]", "data.batch_size=64", "trainer=ddp", "trainer.devices=2"]
WORDS += [
    "trainer.accelerator=cpu",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "report=false",
    "name=ranks",
]
ALONE = os.environ | {"OMP_NUM_THREADS": "1"}


def typed(folder: Path, *words: str) -> None:
    command = [sys.executable, str(PROJECT / words[0]), *WORDS, *words[1:]]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600, env=ALONE)


@pytest.fixture(scope="module")
def ladder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("ladder")
    typed(folder, "epochs.py", "counts=2,4", "seeds=1")
    (found,) = folder.glob("outputs/ranks-epochs/*")
    return found


def test_a_branch_of_two_processes_is_to_the_bit_a_run_of_its_count_from_nothing(ladder, tmp_path):
    for count in (2, 4):
        alone = tmp_path / f"alone-{count}"
        own = [f"trainer.max_epochs={count}", "trainer.limit_test_batches=0", f"hydra.run.dir={alone}"]
        typed(tmp_path, "train.py", "scheduler=wsd", "stopping=none", *own)
        found, wanted = outcome(ladder / f"epochs-{count}-seed-0"), outcome(alone)
        for one in (found, wanted):
            one["result"].pop("plan")
        assert differences(found, wanted) == []


def test_a_ladder_with_the_settings_of_a_run_of_two_processes_trains_on_two(ladder, tmp_path):
    run = ladder / "epochs-2-seed-0"
    command = [sys.executable, str(PROJECT / "epochs.py"), f"run={run}", "counts=2", "seeds=1", "name=again"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=600, env=ALONE)
    (found,) = tmp_path.glob("outputs/again-epochs/*/epochs-2-seed-0")
    assert outcome(found)["rows"] == outcome(run)["rows"]
