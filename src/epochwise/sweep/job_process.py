"""A process that runs jobs one after another, beside that of the command, which outlives it."""

import atexit
import ctypes
import faulthandler
import os
import pickle
import runpy
import signal
import subprocess
import sys
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from inspect import unwrap
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, NoReturn

from hydra import version
from hydra._internal.callbacks import Callbacks
from hydra.core.utils import JobReturn, JobRuntime, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from epochwise.run.end_signals import SIGNALS
from epochwise.sweep.job import draw_report

PR_SET_PDEATHSIG = 1  # of Linux: what it tells a process whose parent has ended
ENGINES = ("epochwise.", "sklearn.")  # importing them computes nothing
FRESH = "import sys; sys.path[:] = {}; from epochwise.sweep.job_process import begin_fresh; begin_fresh({})"


@dataclass(frozen=True)
class Ended:
    """A process that is gone: of its own accord, since a job asked for it, or by a signal.

    Args:
        code: its exit code; negative, the number of the signal.
        asked: whether it said so before.
    """

    code: int
    asked: bool = False

    @property
    def is_asked(self) -> bool:
        """Whether someone asked for the end of all jobs, rather than that it came upon this one."""
        return self.asked or self.code - 128 in SIGNALS

    @property
    def reason(self) -> str:
        """Why a job of it came to no end, in a line."""
        if self.code >= 0:
            return f"its process ended with exit code {self.code}"
        name = signal.Signals(-self.code).name
        return f"its process was killed by {name}{', as by a system without memory' if name == 'SIGKILL' else ''}"


class JobProcess:
    """The other end of a process that runs jobs.

    Args:
        pid: of the process, a child of this one.
        connection: to it.
    """

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid, self.connection = pid, connection

    @classmethod
    def fork(cls, context: HydraContext, task: TaskFunction, config: DictConfig) -> "JobProcess":
        """Go on as a second process, with all that this one has imported, which costs some milliseconds.

        Only where this one has not computed yet: threads of a library are not forked, and it would wait for them.

        Args:
            context: of Hydra.
            task: what a job does.
            config: of the command; what it names of the engine is imported before, once for both, and what else it
                names is imported there at once, while this process has other things to do.
        """
        _import_named(config, ENGINES)
        ours, theirs = Pipe()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the threads that NumPy has wait for work
            pid = os.fork()
        if pid:
            theirs.close()
            return cls(pid, ours)
        code = 1
        try:
            ours.close()
            atexit._clear()  # what this process has to do at its end is the parent's
            _end_with(parent)
            _import_named(config)
            code = _serve(theirs, context, task)
        except KeyboardInterrupt:
            code = 128 + signal.SIGINT
        except BaseException:
            traceback.print_exc()
        finally:
            with suppress(BaseException):
                atexit._run_exitfuncs()
                _flush()
            os._exit(code)

    @classmethod
    def fresh(cls, context: HydraContext, task: TaskFunction) -> "JobProcess":
        """Start a Python of its own, which has to import everything again: see ``fork``."""
        ours, theirs = Pipe()
        flags = [f"-W{option}" for option in sys.warnoptions]
        code = FRESH.format(sys.path, theirs.fileno())
        process = subprocess.Popen([sys.executable, *flags, "-c", code], pass_fds=[theirs.fileno()])
        theirs.close()
        process.returncode = 0  # this class waits for it
        front_door: Any = unwrap(task)
        found = {"argv": sys.argv, "script": front_door.__code__.co_filename}
        found |= {"name": front_door.__name__, "parent": os.getpid(), "loader": context.config_loader}
        found |= {"job_name": JobRuntime.instance().get("name"), "version_base": str(version.getbase())}
        self = cls(process.pid, ours)
        self.send(found)
        return self

    def send(self, config: Any) -> None:
        """Let it do a job, or draw the report of a folder; a process that is gone says so in ``wait``."""
        with suppress(OSError):
            self.connection.send(config)

    def wait(self) -> JobReturn | Ended:
        """Wait for the end of its job, or its own."""
        code: int | None = None
        try:
            found = self.connection.recv()
            if isinstance(found, JobReturn):
                return found
            code = found
        except (EOFError, OSError, pickle.UnpicklingError):
            pass
        ended = self.close()
        return Ended(ended if code is None else code, asked=code is not None)

    def has_drawn(self) -> bool:
        """Wait for the end of its drawing; false where it is gone instead."""
        with suppress(EOFError, OSError):
            return bool(self.connection.recv())
        return False

    def close(self) -> int:
        """Let it end, after its last job; returns its exit code, see ``Ended``."""
        self.connection.close()
        pid, self.pid = self.pid, 0
        with suppress(ChildProcessError):
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) if pid else 0
        return 0


def begin_fresh(descriptor: int) -> NoReturn:
    """What a process of ``JobProcess.fresh`` does."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a job hears it; before, there is nothing to say
    connection = Connection(descriptor)
    found = connection.recv()
    _end_with(found["parent"])
    sys.argv = found["argv"]
    version.setbase(found["version_base"])
    setup_globals()
    JobRuntime.instance().set("name", found["job_name"])
    task = runpy.run_path(found["script"], run_name="__jobs__")[found["name"]].job
    try:
        raise SystemExit(_serve(connection, HydraContext(found["loader"], Callbacks()), task))
    except KeyboardInterrupt:
        raise SystemExit(128 + signal.SIGINT) from None


def _serve(connection: Connection, context: HydraContext, task: TaskFunction) -> int:
    """Do jobs until there is none; returns the exit code."""
    with suppress(Exception):  # where stderr is no file
        faulthandler.enable()
    while True:
        try:
            config = connection.recv()
        except EOFError:
            return 0
        if isinstance(config, Path):
            draw_report(config)
            connection.send(True)
            continue
        try:
            reply: Any = _told(run_job(task, config, "hydra.sweep.dir", "hydra.sweep.subdir", context))
        except SystemExit as end:
            reply = end.code if isinstance(end.code, int) else int(end.code is not None)
        except Exception:
            traceback.print_exc()
            reply = 1
        _flush()
        connection.send(reply)
        if isinstance(reply, int):
            return reply


def _told(done: JobReturn) -> JobReturn:
    """What of a job's end goes to another process."""
    value: Any = done._return_value
    try:
        pickle.dumps(value)
    except Exception:
        value = RuntimeError(str(value)) if isinstance(value, Exception) else None
    return JobReturn(
        overrides=done.overrides,
        working_dir=done.working_dir,
        task_name=done.task_name,
        status=done.status,
        _return_value=value,
    )


def _import_named(config: DictConfig, packages: tuple[str, ...] = ("",)) -> None:
    """Import the modules of the classes that a config names, where their names begin as one of ``packages``."""
    nodes: list[Any] = [OmegaConf.to_container(config, resolve=False)]
    while nodes:
        node = nodes.pop()
        if isinstance(node, dict):
            nodes += [value for key, value in node.items() if key != "hydra"]
            module = str(node.get("_target_") or "").rpartition(".")[0]
            if module and "$" not in module and module.startswith(packages):
                with suppress(Exception):  # whoever needs it will say so
                    import_module(module)
        elif isinstance(node, list):
            nodes += node


def _end_with(parent: int) -> None:
    """Be killed where the parent is, at once: a job must not go on beside the same command typed again."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def _flush() -> None:
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
