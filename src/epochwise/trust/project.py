"""What a project's own files and a command line vouch for: the classes, packages and lists that they name."""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from epochwise.command_line.composer import ENGINE_CONF
from epochwise.source.definition import module_file
from epochwise.trust.names import Trust

#: ``_target_: a.B`` in YAML, and as it is typed: ``model._target_=a.B``, ``+callbacks.x={_target_:a.B}``.
NAMED = re.compile(r"_target_['\"]?\s*[:=]\s*['\"]?([A-Za-z_][\w.]*)")
SEARCHPATH = "hydra.searchpath"
#: What the front door of this process was called with: the project's folder of configs, and the command line.
_called: dict[str, Any] = {"conf": None, "words": None}


@contextmanager
def called(conf: Path | None, words: Sequence[str] | None = None) -> Iterator[None]:
    """While a front door does its job, let its project and its command line vouch for what they name.

    Args:
        conf: the project's folder of configs; ``None`` of a command that needs no project.
        words: of the command line, without the program, as they were typed; ``None`` in a launcher's own process, where
            Hydra knows the overrides.
    """
    before = dict(_called)
    _called.update(conf=conf, words=before["words"] if words is None else list(words))
    try:
        yield
    finally:
        _called.update(before)


def project_trust(conf: Path | None = None, words: Sequence[str] | None = None) -> Trust:
    """What may be named in the config of a run beside ``TRUSTED``.

    Of the project: what its conf names as ``_target_`` or lists as ``trust``, what ``hydra.searchpath`` of its root
    files adds to it, and its own packages: those in ``src`` beside its conf, and the modules beside that. Of a command
    line: what it names, lists as ``trust=`` or adds by ``--config-dir``, ``--config-path`` and ``hydra.searchpath``.

    Args:
        conf: the project's folder of configs; ``None`` for that of this process.
        words: of a command line, without the program; ``None`` for that of this process.
    """
    conf = conf or _called["conf"] or _hydras_conf()
    words = command_line() if words is None else words
    folders = [ENGINE_CONF, *([conf, *_searched(conf)] if conf else []), *_typed_folders(words, conf)]
    files = [file for folder in folders if folder.is_dir() for file in folder.rglob("*.yaml")
             if "hydra" not in file.relative_to(folder).parts]  # fmt: skip
    # Hydra's own node is none of a run's.
    named = _by_name({file: named_by([file.read_text(encoding="utf-8", errors="replace")]) for file in files})
    listed = _by_name({file: _listed(_root(file, "trust").get("trust")) for file in files if file.parent in folders})
    typed = [word.lstrip("+").removeprefix("trust=") for word in words if word.lstrip("+").startswith("trust=")]
    entries = [entry for word in typed for entry in re.split(r"[][,'\"\s]+", word) if entry]
    return Trust(
        named=named | dict.fromkeys(named_by(words), frozenset()),
        listed=listed | dict.fromkeys(entries, frozenset()),
        own=_own_packages(conf.absolute().parent) if conf else {},
    )


def command_line() -> list[str]:
    """The words that the front door of this process was called with, without the program."""
    if _called["words"] is not None:
        return list(_called["words"])
    return list(HydraConfig.get().overrides.task) if HydraConfig.initialized() else []


def with_listed(trust: Trust, entries: Any) -> Trust:
    """The same, and what a value of ``trust`` lists: a text, several, or ``None``."""
    return Trust(trust.named, {**trust.listed, **dict.fromkeys(_listed(entries), frozenset())}, trust.own)


def named_by(texts: Iterable[str]) -> frozenset[str]:
    """Every ``_target_`` in texts, such as the words of a command line."""
    return frozenset(name for text in texts for name in NAMED.findall(text))


def _own_packages(project: Path) -> dict[str, Path]:
    """The packages and modules of a project: never the engine, which says itself what may be named of it."""
    packages = [folder for folder in project.glob("src/*") if (folder / "__init__.py").is_file()]
    found = {path.stem: path for path in (*project.glob("*.py"), *packages)}
    return {name: path for name, path in found.items() if name not in (ENGINE_CONF.parent.name, "hydra_plugins")}


def _searched(conf: Path) -> list[Path]:
    """The folders that ``hydra.searchpath`` of a project's root files adds."""
    found: list[Path] = []
    for file in conf.glob("*.yaml"):
        with suppress(OmegaConfBaseException):  # an interpolation that leads nowhere, which Hydra says
            if searchpath := OmegaConf.select(OmegaConf.create(_root(file, "searchpath")), SEARCHPATH):
                found += _folders(list(searchpath))
    return found


def _typed_folders(words: Sequence[str], conf: Path | None) -> list[Path]:
    found = []
    for word, after in zip(words, [*words, ""][1:], strict=True):
        flag, is_one, value = word.partition("=")
        place = value if is_one else after
        if flag in ("--config-dir", "-cd"):
            found.append(place)
        elif flag in ("--config-path", "-cp"):  # Hydra looks for it beside the script
            found.append(place if "://" in place or conf is None else str(conf.absolute().parent / place))
        elif word.lstrip("+").startswith(f"{SEARCHPATH}="):
            with suppress(HydraException):
                places = OverridesParser.create().parse_override(word).value()
                found += [str(place) for place in places] if isinstance(places, list) else []
    return _folders(found)


def _folders(places: Iterable[Any]) -> list[Path]:
    """Hydra's ``file://...`` and ``pkg://...`` as folders."""
    found = [_folder(place) for place in places if isinstance(place, str) and place]
    return [folder for folder in found if folder and folder.is_dir()]


def _folder(place: str) -> Path | None:
    scheme, is_one, rest = place.partition("://")
    if scheme == "pkg":
        file = module_file(rest.replace("/", "."))
        return file.parent if file and file.name == "__init__.py" else file
    return Path(rest if is_one else place).absolute()


def _root(file: Path, key: str) -> dict[str, Any]:
    """A file of configs that has a key somewhere; empty without it, and where it is no YAML, which others say."""
    try:
        text = file.read_text(encoding="utf-8")
        found = _loaded(text) if f"{key}:" in text else None
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    return {str(name): value for name, value in found.items()} if isinstance(found, dict) else {}


@lru_cache(maxsize=64)
def _loaded(text: str) -> Any:
    """YAML, read once for all runs that are looked at: to be read, and not written to."""
    return yaml.safe_load(text)


def _listed(value: Any) -> list[str]:
    entries = [value] if isinstance(value, str) else value if isinstance(value, Sequence) else []
    return [entry for entry in entries if isinstance(entry, str)]


def _by_name(said: Mapping[Path, Iterable[str]]) -> dict[str, frozenset[Path]]:
    found: dict[str, set[Path]] = {}
    for file, names in said.items():
        for name in names:
            found.setdefault(name, set()).add(file)
    return {name: frozenset(files) for name, files in found.items()}


def _hydras_conf() -> Path | None:
    """The folder of the root config, where the command line names no other: a run that goes on has its own there."""
    if not HydraConfig.initialized() or any(word.startswith(("--config-path", "-cp")) for word in sys.argv):
        return None
    sources = HydraConfig.get().runtime.config_sources
    return next((Path(one.path) for one in sources if one.provider == "main" and Path(one.path).is_dir()), None)
