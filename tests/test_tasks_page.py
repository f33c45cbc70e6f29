"""The parts of docs/tasks.md, written as it says and trained by its commands."""

import json
import re

import pytest

from tests.newcomer_files import PROJECT, write_project
from tests.test_readme import run

PAGE = (PROJECT / "docs/tasks.md").read_text()
FILES = dict(re.findall(r"```(?:python|yaml)\n# ((?:src|conf)/\S+)\n(.*?)```", PAGE, re.DOTALL))
OWN_CODE = PAGE.partition("## From your own code")[2].partition("## What each kind knows")[0]
COMMANDS = re.findall(r"^`(python train\.py .*)`$", OWN_CODE, re.MULTILINE)
PAIRS = """
import torch


class Pairs:
    def __init__(self):
        self.x = torch.randn(120, 4, generator=torch.Generator().manual_seed(0))

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], (self.x[index, 0] > 0).float()
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tasks")
    write_project(folder, {**FILES, "src/my_project/data/pairs.py": PAIRS})
    return folder


def test_a_kind_takes_at_most_two_files_and_forty_lines():
    for part in OWN_CODE.split("\n**")[1:]:
        files = re.findall(r"```(?:python|yaml)\n# \S+\n(.*?)```", part, re.DOTALL)
        assert len(files) <= 2
        assert sum(text.count("\n") for text in files) <= 40
    assert len(FILES) == 14
    assert len(COMMANDS) == 7


@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.split()[2])
def test_it_trains_at_the_first_try_and_has_a_verdict(project, command):
    name = re.sub(r"\W+", "-", command)
    fewer = ["trainer.max_epochs=2", f"hydra.run.dir=runs/{name}"]
    fewer += ["data.max_train_samples=200"] if "experiment" in command or "text" in command else []
    done = run(project, " ".join([command, *fewer]))
    assert (done.returncode, done.stderr) == (0, "")
    result = json.loads((project / "runs" / name / "result.json").read_text())
    assert result["verdict"]["label"]
    assert result["test"]["loss"] < 100
