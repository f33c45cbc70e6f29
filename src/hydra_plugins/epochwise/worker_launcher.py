"""Hydra's launcher of jobs one after another, in a process that is replaced where a job brings it down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from hydra.core.utils import JobReturn, JobStatus, configure_log, setup_globals
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, open_dict

if TYPE_CHECKING:
    from epochwise.sweep.job_process import Ended, JobProcess
    from epochwise.sweep.passed_on import PassedOn


class WorkerLauncher(Launcher):
    """Run jobs one after another in a process of their own, forked from this one with all that it has imported.

    A job that brings its process down, by a crash of a library or a system without memory, fails alone: another process
    takes the rest. The report of a job is drawn here, while the next one trains. What asks the command to end is handed
    on to the job. Where a process can't be forked so (macOS), and after a crash, it is a Python of its own, which
    imports everything again.

    Args:
        isolate: a Python of its own for each job.
    """

    def __init__(self, isolate: bool = False) -> None:
        self.isolate = isolate
        self.process: JobProcess | None = None
        self.is_forked = self.is_kept = False
        self.undrawn: DictConfig | None = None
        self.drawn_there: Path | None = None

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
        from epochwise.sweep.passed_on import PassedOn

        setup_globals()
        configure_log(self.config.hydra.hydra_logging, self.config.hydra.verbose)
        Path(str(self.config.hydra.sweep.dir)).mkdir(parents=True, exist_ok=True)
        passed_on = PassedOn(lambda: self.process)
        done = []
        try:
            with passed_on.heard():
                jobs = map(self._composed, count(initial_job_idx), job_overrides)
                config = next(jobs, None)
                while config is not None:
                    reply, config = self._run(config, passed_on, jobs)
                    done.append(reply)
        finally:
            self._draw(is_last=True)
            if not self.is_kept:
                self._end()
        return done

    def _composed(self, number: int, overrides: Sequence[str]) -> DictConfig | Exception:
        """The config of a job, or why it has none, which is said when it is its turn."""
        try:
            config = self.context.config_loader.load_sweep_config(self.config, list(overrides))
        except Exception as error:
            return error
        with open_dict(config):
            config.hydra.job.id = config.hydra.job.num = number
        return config

    def _run(
        self, config: DictConfig | Exception, passed_on: PassedOn, jobs: Iterator[DictConfig | Exception]
    ) -> tuple[JobReturn, DictConfig | Exception | None]:
        """Run a job, and say what the next one is, which is composed meanwhile."""
        if isinstance(config, Exception):
            raise config
        process = self._begin()
        passed_on.end_if_asked()
        process.send(config)
        following = next(jobs, None)
        self._draw()
        reply = process.wait()
        self.undrawn = config
        if isinstance(reply, JobReturn):
            passed_on.end_if_asked()
            if self.isolate:
                self._end()
            return reply, following
        self.process = None
        if reply.is_asked:
            raise SystemExit(reply.code)
        passed_on.end_if_asked()
        return self._crashed(config, reply), following

    def _draw(self, is_last: bool = False) -> None:
        """Draw the report of the job that ended last, while the next one trains; of the last one it is drawn there."""
        from epochwise.sweep.job import draw_report

        config, self.undrawn = self.undrawn, None
        if config is None or config.get("report") is False:
            return
        if is_last and self.is_kept and self.process is not None:
            self.drawn_there = _folder(config)
            self.process.send(self.drawn_there)
        else:
            draw_report(_folder(config))

    def _wait_for_drawing(self) -> None:
        from epochwise.sweep.job import draw_report

        folder, self.drawn_there = self.drawn_there, None
        if folder is not None and self.process is not None and not self.process.has_drawn():
            self._end()
            draw_report(folder)

    def _crashed(self, config: DictConfig, ended: Ended) -> JobReturn:
        """Keep what became of a job where it can't do so itself."""
        from epochwise.sweep.job import keep_crash

        number = config.hydra.job.num
        keep_crash(_folder(config), number, list(config.hydra.overrides.task), ended.reason)
        print(f"job {number} failed: {ended.reason}", file=sys.stderr, flush=True)
        return JobReturn(overrides=list(config.hydra.overrides.task), status=JobStatus.COMPLETED)

    def _begin(self) -> JobProcess:
        """The process that runs jobs now."""
        from epochwise.sweep.job_process import JobProcess

        self._wait_for_drawing()
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
        self._wait_for_drawing()
        if self.process is not None:
            self.process.close()
            self.process = None


def _folder(config: DictConfig) -> Path:
    """Of a job."""
    return Path(config.hydra.sweep.dir) / str(config.hydra.sweep.subdir)
