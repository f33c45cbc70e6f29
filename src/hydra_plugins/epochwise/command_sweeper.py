"""The one thing that has to stand where Hydra looks for plugins."""

from collections.abc import Sequence
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from hydra.utils import get_method
from omegaconf import DictConfig


class CommandSweeper(Sweeper):
    """Let a command of this project say which jobs there are, one after another, and Hydra's launcher run them.

    Args:
        command: dotted path of a function that takes the composed config, the overrides of the command line and
            ``launch(jobs, first)``: it runs lists of overrides as jobs, numbered from ``first`` on.
    """

    def __init__(self, command: str) -> None:
        self.command = command

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.config = config
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        return get_method(self.command)(self.config, arguments, self.launch)

    def launch(self, jobs: Sequence[Sequence[str]], first: int) -> Sequence[JobReturn]:
        return self.launcher.launch(jobs, initial_job_idx=first)
