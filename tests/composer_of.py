"""A composer of each root config, shared by all tests: what it has composed it keeps."""

from functools import cache
from pathlib import Path

from epochwise.config.composer import Composer


@cache
def composer_of(root: str) -> Composer:
    """The composer of ``conf/<root>.yaml``."""
    return Composer(str(Path(__file__).parents[1] / "conf"), root)
