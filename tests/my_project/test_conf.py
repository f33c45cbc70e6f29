"""Every file of this project's conf composes, and binds to the class that it names."""

from pathlib import Path

import pytest

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.override_text import parse_arguments

PROJECT = next(folder for folder in Path(__file__).parents if (folder / "train.py").exists())
CONF = PROJECT / "conf"
SEVERAL = ("callbacks", "loggers")
FILES = sorted(path.relative_to(CONF) for path in CONF.glob("*/*.yaml"))


def check(*words):
    with engine_conf():
        composer = Composer(str(CONF), "train")
    CommandLine("train", composer, parse_arguments(["--cfg", "job", *words])).check()


def test_what_is_trained_where_nothing_is_said_composes():
    check()


@pytest.mark.parametrize("path", FILES, ids=str)
def test_every_file_composes_and_binds(path):
    group, name = path.parts[0], path.stem
    check(f"{'+' if group in SEVERAL else ''}{group}={name}")
