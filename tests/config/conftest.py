import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from epochwise.config.command_line import CommandLine
from epochwise.config.composer import Composer
from epochwise.config.hydra_arguments import parse_arguments
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
def project_conf() -> str:
    return str(PROJECT / "conf")


@pytest.fixture(scope="session")
def composer(project_conf: str) -> Composer:
    return Composer(project_conf, "train")


@pytest.fixture(scope="session")
def lines(composer: Composer) -> Lines:
    """The lines that a command line of the small project's ``train`` gets."""

    def read(*arguments: str) -> list[str]:
        try:
            CommandLine("train", composer, parse_arguments(list(arguments))).check()
        except InputError as error:
            return list(error.lines)
        return []

    return read
