"""What README.md and the pages in docs say is so."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from epochwise.command_line.arguments import epochs_words
from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.front_door import WORDS
from epochwise.command_line.override_text import parse_arguments
from epochwise.run.epochs_csv import read_epochs_csv

from tests.composer_of import composer_of
from tests.newcomer_files import write_project

PROJECT = Path(__file__).parents[1]
TEXT = (PROJECT / "README.md").read_text()
OWN_PARTS = (PROJECT / "docs/own-parts.md").read_text()
PAGES = {path: path.read_text() for path in (PROJECT / "README.md", *sorted(PROJECT.glob("docs/*.md")))}
DOORS = "train|evaluate|report|epochs|crossval|search"
COMMANDS = sorted(
    {
        command.split("#")[0].strip()
        for text in PAGES.values()
        for command in re.findall(
            r"(?:^\$? ?|`)(python (?:train|evaluate|report|epochs|crossval|search)\.py[^`\n]*)", text, re.MULTILINE
        )
    }
)
#: Those of the tables for people who come from elsewhere are left to `make commands`.
LEARNT = "\n".join(text for path, text in PAGES.items() if path.stem != "coming-from")
BENCHMARKS = {name for text in PAGES.values() for name in re.findall(r"benchmarks/(\w+\.py)", text)}
#: A file's path on the first line of a block, and the block.
FILES = re.findall(r"```(?:python|yaml)\n# ((?:src|conf)/\S+)\n(.*?)```", OWN_PARTS, re.DOTALL)
#: What stands on a page as code to be written: its own test writes and runs it.
PARTS_OF_PAGES = ("moons", "quadrants", "circles", "squares", "bag_of_words", "bigrams", "waves", "contrastive")
NEWCOMER = re.search(r"All three together: `(.*?)`", OWN_PARTS)


def test_it_has_commands_and_files_to_test():
    assert len(COMMANDS) > 15
    assert len(FILES) == 6
    assert NEWCOMER


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=() if command in LEARNT else pytest.mark.commands)
        for command in COMMANDS
        if not any(part in command for part in PARTS_OF_PAGES)
    ],
)
def test_every_command_composes_and_passes_the_check(command):
    _, script, *words = shlex.split(command)
    name = Path(script).stem
    own = name in ("report", "crossval") or (name == "evaluate" and "run=" not in command)
    words = WORDS[name](words) if own else epochs_words(words) if name == "epochs" else words
    arguments = parse_arguments(words)
    if not arguments.help:
        if name in ("train", "epochs") and any(word.startswith("run=") for word in words):
            return  # read before the check, from a folder that there is; tests/command_line/test_continued_run.py
        CommandLine(name, composer_of(name), arguments).check()


def test_every_path_it_names_exists():
    (block,) = re.findall(r"## The map\n\n```\n(.*?)```", TEXT, re.DOTALL)
    names = re.findall(r"^ *((?:[\w.]+/?[\w.]* )+)", block, re.MULTILINE)
    paths = [path for line in names for path in line.split() if "." in path or "/" in path]
    groups = re.findall(r"\b([a-z]+)/", block)
    assert len(paths) > 5
    for path in paths:
        assert any((PROJECT / folder / path).exists() for folder in ("", "src/epochwise", "src/epochwise/conf")), path
    for name in groups:
        assert any((PROJECT / folder / name).exists() for folder in ("", "src/epochwise/conf", "src")), name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)#]+)\)", PAGES[page]):
        assert link.startswith("https://") or (page.parent / link).exists(), link
    for name in BENCHMARKS:
        assert (PROJECT / "benchmarks" / name).exists(), name


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """The engine and train.yaml, with the files that README.md tells a newcomer to write."""
    copy = tmp_path_factory.mktemp("newcomer")
    write_project(copy, dict(FILES))
    return copy


def run(folder, command):
    _, *words = shlex.split(command)
    variables = os.environ | {"PYTHONPATH": str(folder / "src"), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *words], cwd=folder, env=variables, capture_output=True, text=True, timeout=600, check=False
    )


def test_a_network_a_data_set_and_a_callback_are_one_python_and_one_yaml_file_each(newcomer):
    done = run(newcomer, f"{NEWCOMER[1]} trainer.max_epochs=3")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (result,) = newcomer.rglob("result.json")
    assert json.loads(result.read_text())["test"]["accuracy"] > 0.7
    assert all(row["weight_norm"] > 0 for row in read_epochs_csv(result.with_name("epochs.csv")))


@pytest.mark.long
def test_a_network_of_ones_own_begins_from_weights_of_which_its_file_says_nothing(newcomer):
    shapes = {"0.weight": (64, 2), "0.bias": (64,), "2.weight": (2, 64), "2.bias": (2,)}
    torch.save({f"layers.{name}": torch.zeros(shape) for name, shape in shapes.items()}, newcomer / "zeros.pt")
    words = "trainer.max_epochs=1 report=false hydra.run.dir=from_zeros"
    done = run(newcomer, f"{NEWCOMER[1]} model.pretrained=zeros.pt {words}")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 of 4 tensors from zeros.pt" in done.stdout
    slip = run(newcomer, f"{NEWCOMER[1]} model.pretraned=zeros.pt")
    assert (slip.returncode, len(slip.stderr.splitlines())) == (2, 1)
    assert "did you mean 'pretrained'?" in slip.stderr


@pytest.mark.parametrize(
    ("front_door", "words"),
    [
        ("train", ["model=own", "model.pretrained=outputs"]),
        ("train", ["-m", "model=own,mlp", "model.pretrained=false,outputs"]),
        ("crossval", ["model=own", "model.pretrained=outputs"]),
        ("search", ["model=own", "model.pretrained=outputs"]),
        ("search", ["model=own", "model.pretrained=false,outputs"]),
    ],
)
def test_every_front_door_takes_weights_for_a_network_of_ones_own(tmp_path, front_door, words):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/own.yaml").write_text("_target_: torch.nn.LazyLinear\nout_features: 10\n")
    arguments = parse_arguments([f"--config-dir={tmp_path}", *words])
    with engine_conf():
        composer = Composer(str(PROJECT / "conf"), front_door, str(tmp_path))
    CommandLine(front_door, composer, arguments).check()


def test_a_slip_in_a_file_of_ones_own_is_one_line(newcomer):
    done = run(newcomer, f"{NEWCOMER[1]} model.hiden_size=8")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "model.hiden_size" in done.stderr
    assert "'hidden_size'" in done.stderr
