"""Several processes for one run, also inside a sweep."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import OmegaConf, flag_override

from epochwise.command_line.override_text import parse_arguments
from epochwise.input_error import InputError
from epochwise.run.first_process import by_srun

#: What gloo and NCCL say where a process that they wait for is gone, or is not heard of.
GONE = re.compile(r"closed by peer|reset by peer|broken pipe|remote process|network error|aborted|timed? ?out", re.I)
RANK_VARIABLES = ("LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


class LostRankError(InputError):
    """Another process of the run is gone, so this one ends too; each that is left says so, and its exit code is 1."""


def lost_rank(error: BaseException | None) -> str | None:
    """Say in a line that another rank is gone, where that is at the bottom of an error; ``None`` for anything else."""
    while error is not None:
        said = " ".join(str(error).split())
        of_backend = isinstance(error, torch.distributed.DistBackendError)
        if (of_backend or (isinstance(error, RuntimeError) and "gloo" in said)) and (found := GONE.search(said)):
            where = re.search(r"\[[^\]/]+\]:\d+", said)
            at = f" at {where[0]}" if where else ""
            ended = "does not answer" if "out" in found[0].lower() else "has ended"
            here = torch.distributed.get_rank() if torch.distributed.is_initialized() else os.environ.get("RANK", "?")
            return f"trainer: rank {here} ends, since another one{at} {ended} ({found[0]}): its own lines say why"
        error = error.__cause__ or error.__context__
    return None


@contextmanager
def rank_processes() -> Iterator[None]:
    """Let Lightning start the other ranks of this job, and leave no trace of them for the next one.

    Lightning starts a rank by repeating the command line. In a sweep (``-m``) that would start the whole sweep again,
    with Hydra's sweepers even with other settings on each rank. Inside this context the command line is that of this
    job alone. Afterwards the process group is closed and the variables that name the ranks are cleared, so that the
    next job of the sweep starts ranks of its own. Where torchrun or a cluster started the ranks, nothing is changed.
    """
    if not HydraConfig.initialized() or "LOCAL_RANK" in os.environ or "RANK" in os.environ or by_srun():
        yield
        return
    argv, environment = sys.argv, {name: os.environ.get(name) for name in RANK_VARIABLES}
    sys.argv = job_command(argv)
    # Lightning appends the folder of a single run, which in a sweep is another than this job's.
    hydra: Any = HydraConfig.get()
    if not OmegaConf.is_missing(hydra.runtime, "output_dir"):  # where Hydra has composed, but runs nothing
        with flag_override(hydra, "readonly", False):
            hydra.run.dir = hydra.runtime.output_dir
    try:
        yield
    finally:
        sys.argv = argv
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()
        for name, value in environment.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)


def job_command(argv: list[str]) -> list[str]:
    """This job's command line: the script, where its config is, and the overrides of this job alone.

    Args:
        argv: of the process, which may run a whole sweep.
    """
    if not HydraConfig.initialized():
        return argv
    args = parse_arguments(argv[1:], strict=False)
    where = [
        f"--{flag}={value}"
        for flag in ("config-path", "config-name", "config-dir")
        if (value := getattr(args, flag.replace("-", "_")))
    ]
    overrides = HydraConfig.get().overrides
    hydra = [text for text in overrides.hydra if not text.startswith(("hydra.mode=", "hydra.run.dir=", "hydra.sweep"))]
    # Where the config, or the word that stands for a run's, makes many jobs, it would make them all again.
    many = HydraConfig.get().mode == RunMode.MULTIRUN
    return [argv[0], *where, *overrides.task, *hydra, *["hydra.mode=RUN"] * many]
