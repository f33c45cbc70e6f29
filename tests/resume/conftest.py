"""Runs to go on with."""

import pytest

from tests.resume.cut_off import copies


@pytest.fixture(scope="session")
def cut_off(tmp_path_factory, composed):
    """Runs of four epochs that were cut off in the 25th batch, of which the checkpoint has 20 steps; a copy of each."""
    return copies(tmp_path_factory.mktemp, composed)
