from pathlib import Path

import pytest

from epochwise.command_line.continued_run import named_run
from epochwise.input_error import InputError


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "a=b c"
    (folder / "checkpoints").mkdir(parents=True)
    for name in ("config.yaml", "result.json", "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
        (folder / name).touch()
    return folder


@pytest.mark.parametrize(
    ("inside", "ckpt"),
    [
        ("", None),
        ("/", None),
        ("/checkpoints", None),
        ("/result.json", None),
        ("/checkpoints/best.ckpt", "best"),
        ("/checkpoints/last.ckpt", "last"),
    ],
)
def test_a_run_is_named_by_what_lies_in_it(run, inside, ckpt):
    assert named_run(f"{run}{inside}") == (run, ckpt)


def test_the_home_folder_is_expanded(run, monkeypatch):
    monkeypatch.setenv("HOME", str(run.parent))
    assert named_run(f"~/{run.name}") == (run, None)


def test_what_is_not_there_is_named_with_the_closest(run):
    with pytest.raises(InputError, match=r"no folder .*a=b d; did you mean 'a=b c'"):
        named_run(str(Path(run.parent) / "a=b d"))
