"""What every command does before and around its job."""

import gc
import os
import re
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import ConfigCompositionException, HydraException, OverrideParseException, SearchPathException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from epochwise.command_line.arguments import crossval_words, epochs_words, evaluate_words, report_words
from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.continued_run import continue_run
from epochwise.command_line.habits import flag_lines
from epochwise.command_line.help_text import help_text
from epochwise.command_line.override_text import (
    check_paths,
    isolate_words,
    overrides_first,
    parse_arguments,
    quote_paths,
)
from epochwise.command_line.overrides import one_line
from epochwise.command_line.run_ladder import ladder_of_run
from epochwise.input_error import InputError
from epochwise.run.end_signals import interruptible
from epochwise.run.first_process import is_first_process
from epochwise.run.made_folders import drop_unused_folder
from epochwise.sweep.job import sweep_job
from epochwise.sweep.password import hide_passwords
from epochwise.trust.project import called


@contextmanager
def closed_pipe() -> Iterator[None]:
    """Where standard output is no longer read, end without a word."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        # Python writes what is left once more at its end, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def share_the_run_folder() -> None:
    """Keep the other processes of a distributed run from making run folders of their own."""
    if is_first_process():
        return
    given = parse_arguments(sys.argv[1:]).overrides
    # Behind the last override, as the last word counts; not behind a flag, where argparse takes no override.
    end = len(sys.argv) - sys.argv[::-1].index(given[-1]) if given else 1
    # One that goes on must find the checkpoint which the first process finds.
    continues = any(word.lstrip("+") == "resume=auto" for word in given)
    sys.argv[end:end] = ["hydra.run.dir=."] * (not continues) + ["hydra.output_subdir=null"]


def import_command(name: str) -> None:
    """Import what a command needs, without a look for garbage in it, then or later: a sixth of the time of imports."""
    command = f"epochwise.commands.{name}"
    if command in sys.modules or not gc.isenabled():
        return
    gc.disable()
    try:
        import_module(command)
        gc.freeze()
    finally:
        gc.enable()


CONFIG_ERRORS = (ConfigCompositionException, OverrideParseException, SearchPathException, OmegaConfBaseException)

#: Front door -> what its command line may say in its own way.
WORDS = {"evaluate": evaluate_words, "report": report_words, "crossval": crossval_words}


def front_door(name: str) -> Callable[[Callable[[DictConfig], Any]], Callable[[], None]]:
    """``hydra.main`` for ``<name>.yaml``, with the command line and the config checked before.

    The file is one of the folder ``conf`` beside the script, or of the engine's (``engine_conf.py``).

    Unusable input, found here or by the job (``InputError``), is printed to stderr, one line a fault, by the first
    process alone, and ends the process with exit code 2; Ctrl-C is one line and exit code 130. Any other exception
    keeps its traceback.

    Args:
        name: the root config's file, and a key of ``epochwise.config.schema.SCHEMAS``.
    """

    def decorate(task: Callable[[DictConfig], Any]) -> Callable[[], None]:
        begun: list[str] = []
        script = sys.argv[0]
        conf = Path(task.__code__.co_filename).parent / "conf"

        @wraps(task)
        def job(config: DictConfig) -> Any:
            begun.append(name)
            try:
                with called(conf), interruptible(is_first_process()):
                    import_command(name)
                    if HydraConfig.get().mode == RunMode.MULTIRUN:
                        sys.argv[0] = script  # a launcher's own process has another one
                        return sweep_job(task, config, _lines, writes=is_first_process())
                    return task(config)
            except Exception as error:
                if _lines(error) is None:
                    raise
                drop_unused_folder()
                _refuse(error)  # here: Hydra would print a line of its own first

        @wraps(task)
        def main() -> None:
            # Without it Hydra prints a shortened traceback of its own and hides what it was.
            os.environ.setdefault("HYDRA_FULL_ERROR", "1")
            sys.argv[1:] = hide_passwords(sys.argv[1:])
            try:
                with called(conf, sys.argv[1:]), interruptible(is_first_process()), engine_conf():
                    _enter(name, task, job)
            except Exception as error:
                if isinstance(error, OSError) and error.filename and not begun:
                    _refuse(InputError(f"{error.filename}: {error.strerror}"))  # Hydra could not make the run folder
                if _lines(error) is None:
                    raise
                _refuse(error, before_the_job=not begun)

        main.job = job  # type: ignore[attr-defined]  # what a process of one job begins with
        return main

    return decorate


def _enter(name: str, task: Callable[[DictConfig], Any], job: Callable[[DictConfig], Any]) -> None:
    """Check the command line, then let Hydra do what it says."""
    if lines := flag_lines(sys.argv[1:], name):
        raise InputError(*lines)
    sys.argv[1:] = isolate_words(overrides_first(sys.argv[1:]), name)
    conf = Path(task.__code__.co_filename).parent / "conf"
    if name == "train":
        sys.argv[1:] = continue_run(sys.argv[1:], conf)
    elif name == "epochs":
        sys.argv[1:] = ladder_of_run(epochs_words(sys.argv[1:]), conf)
    elif name in WORDS:
        sys.argv[1:] = WORDS[name](sys.argv[1:])
    sys.argv[1:] = quote_paths(sys.argv[1:])
    share_the_run_folder()
    arguments = parse_arguments(sys.argv[1:])
    only_prints = any(getattr(arguments, key) for key in ("help", "cfg", "info", "hydra_help"))
    with engine_conf(not _is_complete(arguments, name)), closed_pipe() if only_prints else nullcontext():
        text = _check(arguments, name, conf.parent, task.__globals__["__doc__"] or name)
        if text is not None:
            print(text)
        else:
            if not (only_prints or arguments.multirun):  # a job of a sweep says it itself, and stops no other
                check_paths(arguments.overrides)
            hydra.main(version_base="1.3", config_path="conf", config_name=name)(job)()


def _is_complete(arguments: Namespace, name: str) -> bool:
    """Whether a root file of another folder than ``conf`` chooses nothing, as the config of a run that goes on."""
    if not arguments.config_path or "://" in arguments.config_path:
        return False
    file = Path(arguments.config_path) / f"{(arguments.config_name or name).removesuffix('.yaml')}.yaml"
    return file.is_file() and not re.search(r"(?m)^defaults *:", file.read_text(encoding="utf-8", errors="replace"))


def _refuse(error: Exception, before_the_job: bool = False) -> NoReturn:
    lines = _lines(error) or ()
    # Imported by the job, with torch, or there is no such error; the first process may be the one that is gone.
    ranks = sys.modules.get("epochwise.run.rank_processes")
    lost = ranks is not None and isinstance(error, ranks.LostRankError)
    if is_first_process() or lost:
        print(*lines, sep="\n", file=sys.stderr, flush=True)
    elif before_the_job and "RANK" not in os.environ and "LOCAL_RANK" in os.environ:
        # Started by a first process that was not refused.
        print(*(f"rank {os.environ['LOCAL_RANK']}: {line}" for line in lines), sep="\n", file=sys.stderr)
    raise SystemExit(1 if lost else 2) from None


def _check(arguments: Namespace, name: str, folder: Path, about: str) -> str | None:
    """Raise InputError for what is wrong with the command line; return the help where that is asked for."""
    modes = [f"--{key}" for key in ("help", "run", "multirun", "cfg", "info") if getattr(arguments, key)]
    if len(modes) > 1:
        raise InputError(f"{' '.join(modes)}: allowed: one of them")
    if arguments.resolve and not (arguments.cfg or arguments.help):
        raise InputError("--resolve: got it alone, allowed: beside --cfg or --help")
    if arguments.package is not None and not arguments.cfg:  # which Hydra would pass over without a word
        raise InputError(f"--package: got {arguments.package} alone, allowed: beside --cfg")
    if arguments.experimental_rerun:  # Hydra would unpickle it, and a pickle may do anything
        raise InputError("--experimental-rerun: not here; go on with a run by run=FOLDER")
    without_config = ("hydra_help", "shell_completion", "info")
    if any(getattr(arguments, key) for key in without_config):
        return None
    conf = arguments.config_path or "conf"
    conf = conf if "://" in conf else str((folder / conf).absolute())
    if "://" not in conf and not Path(conf).is_dir():
        raise InputError(f"--config-path: no folder {conf}")
    if arguments.config_dir and not Path(arguments.config_dir).is_dir():
        raise InputError(f"--config-dir: no folder {arguments.config_dir}")
    composer = Composer(conf, arguments.config_name or name, arguments.config_dir, arguments.overrides)
    CommandLine(name, composer, arguments).check()
    return help_text(about, composer, arguments.overrides) if arguments.help else None


def _lines(error: Exception) -> tuple[str, ...] | None:
    """The lines to print for an error of input; ``None`` for a crash."""
    cause: BaseException | None = error
    while cause is not None:
        # hydra.utils.instantiate wraps what a constructor raises.
        if isinstance(cause, InputError):
            return cause.lines
        cause = cause.__cause__
    # HydraException itself: what a sweeper says. Of those derived from it, some wrap a fault of the code.
    said = isinstance(error, CONFIG_ERRORS) or type(error) is HydraException
    return InputError(one_line(error)).lines if said else None
