"""A composer of each root config, shared by all tests: what it has composed it keeps."""

from functools import cache
from pathlib import Path

from epochwise.command_line.composer import Composer, engine_conf


@cache
def composer_of(root: str) -> Composer:
    """The composer of ``<root>.yaml``, of conf or of the engine."""
    with engine_conf():
        return Composer(str(Path(__file__).parents[1] / "conf"), root)
