"""The little project's train.py, run in this process."""

import logging
import runpy
import sys
from pathlib import Path

import pytest

SCRIPT = """
'''A small front door.'''
import os
import signal

from hydra.utils import instantiate
from omegaconf import DictConfig

from epochwise.command_line.front_door import front_door
from epochwise.input_error import InputError


class Picky:
    def __init__(self):
        raise InputError("data.root: no folder here", "data.root: and none there")


@front_door("train")
def main(config: DictConfig) -> None:
    if config.name == "picky":
        instantiate({"_target_": "__main__.Picky"})
    if config.name == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
    if config.name == "broken_import":
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt:
            raise RecursionError("as torch does where it is interrupted")
    if config.name == "late_interrupt":
        open(config.run_folder + "/kept", "w").close()
        raise KeyboardInterrupt
    if config.name == "crash":
        raise KeyError("a real bug")
    print("seed", config.seed, "in", config.run_folder)


if __name__ == "__main__":
    main()
"""


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Run the small project's train.py in this process: what it exits with, prints, and complains of."""
    (tmp_path / "conf").symlink_to(Path(__file__).parents[1] / "little_project" / "conf")
    script = tmp_path / "train.py"
    script.write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "LOCAL_RANK", "HYDRA_FULL_ERROR"):
        monkeypatch.delenv(name, raising=False)

    # Hydra's handlers of an earlier test would write to a stream that is closed by now.
    monkeypatch.setattr(logging.root, "handlers", [])

    def call(*arguments, **environment):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(sys, "argv", [str(script), *arguments])
        code = 0
        try:
            runpy.run_path(str(script), run_name="__main__")
        except SystemExit as stop:
            code = stop.code or 0
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
