"""The classes that a project's own files and a command line name."""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from hydra.core.hydra_config import HydraConfig

from epochwise.config.engine_conf import PROVIDER

#: ``_target_: a.B`` in YAML, and as it is typed: ``model._target_=a.B``, ``+callbacks.x={_target_:a.B}``.
NAMED = re.compile(r"_target_['\"]?\s*[:=]\s*['\"]?([A-Za-z_][\w.]*)")


def named_in(folders: Iterable[Path]) -> frozenset[str]:
    """Every ``_target_`` in the YAML files below folders of configs; Hydra's own node is none of a run's.

    Args:
        folders: such as ``conf``, or what ``--config-dir`` says; never a run folder.
    """
    files = [file for folder in folders for file in folder.rglob("*.yaml") if "hydra" not in file.parts]
    return frozenset(name for file in files for name in named_by([file.read_text(encoding="utf-8", errors="replace")]))


def named_by(texts: Iterable[str]) -> frozenset[str]:
    """Every ``_target_`` in texts, such as the words of a command line."""
    return frozenset(name for text in texts for name in NAMED.findall(text))


def conf_folders() -> list[Path]:
    """Where Hydra takes configs from for the job at hand: ``--config-dir``, the project's ``conf``, the engine's."""
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    return [Path(source.path) for source in sources if source.schema == "file" and Path(source.path).is_dir()]


def own_conf() -> list[Path]:
    """The latter two, where the command line names no other: what vouches for a run whenever it goes on."""
    if any(word.startswith(("--config-path", "-cp")) for word in sys.argv):
        return []  # a run that goes on: its folder stands in that place
    sources = HydraConfig.get().runtime.config_sources if HydraConfig.initialized() else []
    return [
        Path(source.path) for source in sources if source.provider in ("main", PROVIDER) and Path(source.path).is_dir()
    ]
