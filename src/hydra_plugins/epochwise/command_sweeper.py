"""The one thing that has to stand where Hydra looks for plugins."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from hydra.utils import get_method
from omegaconf import DictConfig, open_dict

from epochwise.run.made_folders import drop_unused


class CommandSweeper(Sweeper):
    """Let a command of this project say which jobs there are, one after another, and Hydra's launcher run them.

    Args:
        command: dotted path of a function that takes the composed config, the overrides of the command line and this
            sweeper: its ``launch`` runs jobs, its ``compose`` tells what one would be.
    """

    def __init__(self, command: str) -> None:
        self.command = command

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.master, self.loader = config, hydra_context.config_loader
        self.launcher: Launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        # Here: Hydra executes the modules of plugins once more where they are imported already, so that imported above
        # the class would be another one than that of the launcher.
        from hydra_plugins.epochwise.worker_launcher import WorkerLauncher

        try:
            with self.launcher.kept() if isinstance(self.launcher, WorkerLauncher) else nullcontext():
                return get_method(self.command)(self.master, arguments, self)
        except BaseException:  # refused, or told to end
            drop_unused(Path(self.master.hydra.sweep.dir))
            raise

    def options(self, group: str) -> list[str]:
        """The files that can be chosen in a group; none where there is no such group."""
        return self.loader.get_group_options(group)

    def compose(self, overrides: Sequence[str]) -> DictConfig:
        """The config of a job, without Hydra's own node."""
        config = self.loader.load_sweep_config(self.master, list(overrides))
        with open_dict(config):
            del config["hydra"]
        return config

    def launch(self, jobs: Sequence[Sequence[str]], first: int) -> Sequence[JobReturn]:
        """Run jobs, a list of overrides each, numbered from ``first`` on; what became of them is in their folders."""
        return self.launcher.launch(jobs, initial_job_idx=first)
