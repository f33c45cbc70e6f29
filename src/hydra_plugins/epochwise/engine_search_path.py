"""Where Hydra looks for the engine's files of choices."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin

from epochwise.command_line.composer import PROVIDER, engine_folders


class EngineSearchPath(SearchPathPlugin):
    """Put the engine's folder behind the project's own, for a command of this project alone."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        for folder in engine_folders():
            search_path.append(PROVIDER, f"file://{folder}")
