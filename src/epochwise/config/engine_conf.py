"""The engine's own files of choices, which stand behind those of a project's ``conf``."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

#: Its YAML is package data: a project holds only the files that it changes or adds.
ENGINE_CONF = Path(__file__).parents[1] / "conf"
#: What Hydra calls it, beside "main" for the project's own folder.
PROVIDER = "epochwise"
_is_searched = ContextVar("_is_searched", default=False)


@contextmanager
def engine_conf(is_searched: bool = True) -> Iterator[None]:
    """Let Hydra look into the engine's folder, behind that of the project, for what is composed inside.

    Hydra asks the plugins of the whole environment for every application in it; outside of this context ours says
    nothing, so that another application's choices stay what they were. What a launcher sends to another process has the
    folder with it.

    Args:
        is_searched: false where a root file has everything, as the config of a run.
    """
    token = _is_searched.set(is_searched)
    try:
        yield
    finally:
        _is_searched.reset(token)


def engine_folders() -> list[Path]:
    """The engine's folder where it is looked into, else none."""
    return [ENGINE_CONF] if _is_searched.get() else []
