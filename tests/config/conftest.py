import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hydra._internal.utils import get_args_parser

from epochwise.config.command_line import CommandLine
from epochwise.config.composer import Composer
from epochwise.input_error import InputError

PROJECT = Path(__file__).parent / "project"

Lines = Callable[..., list[str]]


@pytest.fixture(scope="session", autouse=True)
def little_project() -> Iterator[None]:
    """The module ``little``, which the small configs name, can be found (and not imported)."""
    sys.path.insert(0, str(PROJECT))
    yield
    sys.path.remove(str(PROJECT))


@pytest.fixture(scope="session")
def composer() -> Composer:
    return Composer(str(PROJECT / "conf"), "train")


@pytest.fixture(scope="session")
def lines(composer: Composer) -> Lines:
    """The lines that a command line of the small project's ``train`` gets."""

    def read(*arguments: str) -> list[str]:
        try:
            CommandLine("train", composer, get_args_parser().parse_args(arguments)).check()
        except InputError as error:
            return list(error.lines)
        return []

    return read
