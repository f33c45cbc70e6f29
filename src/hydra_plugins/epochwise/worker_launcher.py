"""Hydra's launcher of jobs one after another, in a process that is replaced where a job brings it down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

if TYPE_CHECKING:
    from epochwise.sweep.job_process import Ended, JobProcess, PassedOn


class WorkerLauncher(Launcher):
    """Run jobs one after another in a process of their own, forked from this one with all that it has imported.

    A job that brings its process down, by a crash of a library or a system without memory, fails alone: another process
    takes the rest. What asks the command to end is handed on to the job. Where a process can't be forked so (macOS),
    and after a crash, it is a Python of its own, which imports everything again.

    Args:
        isolate: a Python of its own for each job.
    """

    def __init__(self, isolate: bool = False) -> None:
        self.isolate = isolate
        self.process: JobProcess | None = None
        self.is_forked = self.is_kept = False

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        self.context, self.task, self.config = hydra_context, task_function, config

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Begin the process at once, before this one computes anything, and keep it for all that is launched inside."""
        self._begin()
        self.is_kept = True
        try:
            yield
        finally:
            self.is_kept = False
            self._end()

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        from epochwise.sweep.job_process import PassedOn

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        done = []
        passed_on = PassedOn(lambda: self.process)
        try:
            with passed_on.heard():
                for number, overrides in enumerate(job_overrides, initial_job_idx):
                    done.append(self._run(number, overrides, passed_on))
        finally:
            if not self.is_kept:
                self._end()
        return done

    def _run(self, number: int, overrides: Sequence[str], passed_on: PassedOn) -> JobReturn:
        config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        process = self._begin()
        passed_on.end_if_asked()
        process.send(config)
        reply = process.wait()
        if isinstance(reply, JobReturn):
            passed_on.end_if_asked()
            if self.isolate:
                self._end()
            return reply
        self.process = None
        if reply.is_asked:
            raise SystemExit(reply.code)
        passed_on.end_if_asked()
        return self._crashed(config, reply)

    def _crashed(self, config: DictConfig, ended: Ended) -> JobReturn:
        """Keep what became of a job where it can't do so itself."""
        from epochwise.sweep.job import keep_crash

        number, folder = config.hydra.job.num, Path(config.hydra.sweep.dir) / str(config.hydra.sweep.subdir)
        keep_crash(folder, number, list(config.hydra.overrides.task), ended.reason)
        print(f"job {number} failed: {ended.reason}", file=sys.stderr, flush=True)
        return JobReturn(overrides=list(config.hydra.overrides.task), status=JobStatus.COMPLETED)

    def _begin(self) -> JobProcess:
        """The process that runs jobs now."""
        from epochwise.sweep.job_process import JobProcess

        if self.process is None:
            if self.isolate or self.is_forked or sys.platform != "linux":
                self.process = JobProcess.fresh(self.context, self.task)
            else:
                from epochwise.command_line.front_door import import_command

                import_command("train")
                self.is_forked = True
                self.process = JobProcess.fork(self.context, self.task, self.config)
        return self.process

    def _end(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None
