"""Configs composed as Hydra would, in a fraction of its time; the engine's files stand behind the project's own."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from pathlib import Path

import yaml
from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.default_element import ConfigDefault, GroupDefault
from hydra.core.object_type import ObjectType
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from epochwise.input_error import InputError

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


class Composer:
    """Compose one front door's config step by step, so that every step can fail on its own.

    Args:
        conf: the folder of configs: a path, or ``pkg://...`` as Hydra takes it.
        config_name: the root file in it.
        config_dir: a folder that goes before it, or ``None``.
        overrides: of the command line; of them ``hydra.searchpath`` is read here.

    Raises:
        InputError: ``hydra.searchpath``, of the root file or the command line, leads to no folder.
        ConfigCompositionException: it is no list of texts.
    """

    def __init__(
        self, conf: str, config_name: str, config_dir: str | None = None, overrides: Sequence[str] = ()
    ) -> None:
        version.setbase("1.3")
        path = create_config_search_path(conf)
        if config_dir is not None:
            path.prepend("command-line", f"file://{Path(config_dir).absolute()}", SearchPathQuery(provider="schema"))
        self.name = config_name
        self.loader = ConfigLoaderImpl(path)
        self.parser = OverridesParser.create(config_loader=self.loader)
        self.composed: dict[tuple[str, ...], DictConfig] = {}
        self.chosen: dict[str, bool] = {}
        self.searched = [word for word in overrides if word.lstrip("+").startswith("hydra.searchpath=")]
        self._search()

    def _search(self) -> None:
        """Let groups and their files be asked for where composing finds them, too."""
        try:
            read = [self.parse(word) for word in self.searched]
        except HydraException:  # who checks the command line says it
            return
        with warnings.catch_warnings(record=True) as missing:
            warnings.simplefilter("always")
            if self.loader.repository.config_exists(self.name):
                self.loader._process_config_searchpath(self.name, read, self.loader.repository)  # type: ignore[arg-type]
        if missing:
            raise InputError(*(f"hydra.searchpath: {warning.message}" for warning in missing))

    def parse(self, text: str) -> Override:
        """Read one override.

        Raises:
            HydraException: it is none.
        """
        return self.parser.parse_overrides([text])[0]

    def is_group(self, name: str) -> bool:
        """Whether a folder of configs bears this name."""
        return bool(name) and self.loader.repository.group_exists(name)

    def groups(self) -> list[str]:
        """The names of all folders at the root but Hydra's own."""
        return [name for name in self.loader.list_groups("") if not name.startswith("hydra")]

    def options(self, group: str) -> list[str]:
        """What can be chosen in a group."""
        return self.loader.repository.get_group_options(group, ObjectType.CONFIG)

    def own_options(self, group: str) -> list[str]:
        """Those of them that are a file of the project, or of a folder on the command line, and not the engine's."""
        places = [source for source in self.loader.get_sources() if source.provider not in ("hydra", PROVIDER)]
        places = [source for source in places if source.available() and source.is_group(group)]
        return sorted({name for source in places for name in source.list(group, ObjectType.CONFIG)})

    def has_option(self, group: str, name: str) -> bool:
        """Whether a group has this file; one in a folder below it is named with a slash."""
        plain = not name.endswith((".yaml", ".yml")) and ".." not in name.split("/")
        return plain and bool(name) and self.loader.repository.config_exists(f"{group}/{name}")

    def text(self, config: str) -> str:
        """The file of a config, such as ``trainer/cpu``, as it was written; empty where it is in a package."""
        files = [
            Path(origin.path, f"{config}.yaml") for origin in self.loader.get_sources() if origin.scheme() == "file"
        ]
        return next((file.read_text(encoding="utf-8") for file in files if file.is_file()), "")

    def root_texts(self) -> list[str]:
        """The root file as it was written, then those of the root that it builds on."""
        names = [self.name]
        for name in names:
            read = self.loader.repository.load_config(name)
            for item in read.defaults_list or [] if read else []:
                path = item.path if isinstance(item, ConfigDefault) else None
                if path and path != "_self_" and "/" not in path and "@" not in path and path not in names:
                    names.append(path)
        return [self.text(name) for name in names]

    def choices(self) -> dict[str, bool]:
        """The groups of which the defaults list chooses, and whether it may choose several files."""
        if self.chosen:
            return self.chosen
        made = self.loader.compute_defaults_list(self.name, self.searched, RunMode.MULTIRUN)
        found = dict.fromkeys(made.overrides.known_choices, False)
        self.chosen = found | self._chosen_by(self.name)
        return self.chosen

    def _chosen_by(self, name: str) -> dict[str, bool]:
        """The choices of one root file and of those that it builds on."""
        found: dict[str, bool] = {}
        root = self.loader.repository.load_config(name)
        for item in root.defaults_list or [] if root else []:
            if isinstance(item, GroupDefault) and not item.override:
                # An empty list of choices is in no list of known choices.
                key = f"{item.group}@{item.package}" if item.package else str(item.group)
                found[key] = isinstance(item.value, list)
            elif isinstance(item, ConfigDefault) and item.path and item.path != "_self_" and "/" not in item.path:
                found = self._chosen_by(item.path) | found
        return found

    def compose(self, overrides: list[str]) -> DictConfig:
        """Compose a config; the node ``hydra`` is in it."""
        key = tuple(overrides)
        if key not in self.composed:
            self.composed[key] = self.loader.load_configuration(self.name, overrides, RunMode.MULTIRUN)
        return deepcopy(self.composed[key])

    def apply(self, config: DictConfig, override: Override) -> None:
        """Set, add or drop one key of a composed config.

        Raises:
            HydraException: Hydra would refuse it.
        """
        self.loader._apply_overrides_to_config([override], config)

    def broken_files(self) -> Iterator[str]:
        """A line for each file of configs that is no YAML, or holds no mapping."""
        for origin in self.loader.get_sources():
            folder = Path(origin.path) if origin.scheme() == "file" else None
            # No deeper: --config-path=/ is soon said, too.
            files = [file for depth in ("", "*/", "*/*/") for file in folder.glob(f"{depth}*.yaml")] if folder else []
            for file in sorted(files):
                try:
                    with file.open(encoding="utf-8") as stream:
                        OmegaConf.load(stream)
                except yaml.MarkedYAMLError as error:
                    mark = error.problem_mark or error.context_mark
                    line = f", line {mark.line + 1}" if mark else ""
                    yield f"{file}{line}: no valid YAML: {error.problem or error.context}"
                except (OSError, ValueError, yaml.YAMLError) as error:
                    yield f"{file}: no valid YAML: {' '.join(str(error).split())}"
