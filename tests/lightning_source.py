"""Whether a function of Lightning's is the one that code was written against."""

import hashlib
import inspect
from collections.abc import Callable
from typing import Any


def source(function: Callable[..., Any]) -> str:
    """A digest of its source without comments and empty lines."""
    lines = [line.split("#")[0].strip() for line in inspect.getsource(inspect.unwrap(function)).splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()[:12]
