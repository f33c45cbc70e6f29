"""What all tests share: one thread, and configs composed as the front doors do."""

import gc
import logging
import runpy
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
import torch
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from omegaconf import DictConfig, open_dict

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer
from epochwise.command_line.override_text import parse_arguments
from epochwise.commands.train import train
from epochwise.input_error import InputError

from tests.composer_of import composer_of

PROJECT = Path(__file__).parents[1]
LITTLE = Path(__file__).parent / "little_project"
Lines = Callable[..., list[str]]
torch.set_num_threads(1)
setup_globals()  # what ${hydra:...} is looked up by, before any front door has run
gc.freeze()  # what was imported is no garbage, and looking through it takes a third of a second each time
# Hypothesis gives an example 200 ms, draws others each time and complains of slow drawing: no busy machine is a fault.
SLOW = [hypothesis.HealthCheck.too_slow]
hypothesis.settings.register_profile(
    "any machine", deadline=None, derandomize=True, database=None, suppress_health_check=SLOW
)
hypothesis.settings.load_profile("any machine")


@pytest.fixture(scope="session")
def project() -> Path:
    """The top of the repository."""
    return PROJECT


@pytest.fixture(scope="session")
def composed():
    """Compose a root config with overrides, as its front door would, for a given run folder; without pictures.

    Choosing files takes a third of a second, setting keys none: each choice is made once, and what Hydra then sets last
    is set in a copy (tests/command_line/test_composer.py: it is the same config).
    """

    def compose_config(
        *overrides: str, run_folder: Path | None = None, root: str = "train", pictures: bool = False
    ) -> DictConfig:
        composer = composer_of(root)
        where = [f"run_folder={run_folder}"] if run_folder else []
        without = ["report=false"] if root == "train" and not pictures else []
        read = [composer.parse(text) for text in (*without, *overrides, *where)]
        chosen = [one for one in read if composer.is_group(one.key_or_group) and not isinstance(one.value(), dict)]
        config = composer.compose([str(one.input_line) for one in chosen])
        for override in read:
            if override not in chosen:
                composer.apply(config, override)
        config.hydra.overrides.task = [str(one.input_line) for one in read]
        HydraConfig.instance().set_config(config)
        with open_dict(config):
            del config["hydra"]
            if not pictures and "callbacks" in config:
                config.callbacks.pop("confusion_matrix", None)  # drawing it twice takes as long as the rest of a run
        return config

    return compose_config


@pytest.fixture
def typed(tmp_path, monkeypatch, capfd):
    """Run a front door in this process, in an empty folder: what it exits with, prints, and complains of."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", "LOCAL_RANK", "HYDRA_FULL_ERROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(logging.root, "handlers", [])

    def call(script: str, *words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", [str(PROJECT / script), *words])
        code = 0
        try:
            runpy.run_path(str(PROJECT / script), run_name="__main__")
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capfd.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture(scope="session")
def trained(tmp_path_factory, composed) -> Path:
    """The folder of a run of three epochs on digits, that many facts are read from."""
    folder = tmp_path_factory.mktemp("trained")
    train(composed("trainer.max_epochs=3", "~callbacks.model_summary", "name=digits-mlp", run_folder=folder))
    return folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs a GPU is skipped without; runs of a made project's own tests are long here, among a thousand."""
    no_gpu = pytest.mark.skip(reason="no GPU here")
    for item in items:
        if item.get_closest_marker("gpu") and not torch.cuda.is_available():
            item.add_marker(no_gpu)
        if item.path.match("my_project/test_training.py"):
            item.add_marker(pytest.mark.long)


@pytest.fixture(scope="session", autouse=True)
def little_project() -> Iterator[None]:
    """The module ``little``, which the small configs name, can be found (and not imported)."""
    sys.path.insert(0, str(LITTLE))
    yield
    sys.path.remove(str(LITTLE))


@pytest.fixture(scope="session")
def project_conf() -> str:
    return str(LITTLE / "conf")


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
