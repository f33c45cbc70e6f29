"""evaluate.py as it is called, and a file that it has exported."""

from pathlib import Path

import pytest

from epochwise.commands.evaluate import evaluate


@pytest.fixture
def evaluated(composed):
    return lambda *overrides: evaluate(composed(*overrides, root="evaluate"))


@pytest.fixture(scope="session")
def weights(trained, composed) -> Path:
    """The weights of three epochs on digits, as a file."""
    evaluate(composed(f"run={trained}", "export=safetensors", root="evaluate"))
    return trained / "exports/best.safetensors"
