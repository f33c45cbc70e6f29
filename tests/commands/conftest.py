"""One real run that many facts are read from."""

from pathlib import Path

import pytest

from epochwise.commands.train import train


@pytest.fixture(scope="session")
def trained(tmp_path_factory, composed) -> Path:
    """The folder of a run of three epochs on digits."""
    folder = tmp_path_factory.mktemp("trained")
    train(composed("trainer.max_epochs=3", "~callbacks.model_summary", "name=digits-mlp", run_folder=folder))
    return folder
