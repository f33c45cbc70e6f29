"""A network compiled by torch, of which its checkpoints know nothing."""

import os
import shutil
import sys
from importlib.util import find_spec
from typing import Any

import torch
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from torch import nn

from epochwise.input_error import InputError
from epochwise.rules.device import GRAPHS

#: Times that a network may be compiled anew: for each shape of a batch, for training and scoring, for each phase.
MOST_TIMES = 256


def compile_in_place(network: nn.Module, mode: str) -> None:
    """Let torch compile what a network computes, from its next batch on.

    It is the network that is compiled, in place, and not the module around it: parameters keep their names, so a
    checkpoint is the same with and without, copies of the network (as of an average) are plain ones, and what the task
    logs is its own.

    Each shape of a batch is compiled for itself, so the code that a batch is computed by follows from its shape alone.
    Torch's own way makes code for any number of samples of the second shape that it meets, and which one that is may be
    another where a run goes on.

    Args:
        network: computes on tensors; what torch cannot compile of it runs as it is.
        mode: as torch.compile names it. Those of ``GRAPHS`` replay CUDA graphs, which pays where kernels are small; on
            a CPU they are as without.
    """
    # Beyond its limit torch goes back to running the network as it is, in silence.
    torch._dynamo.config.recompile_limit = MOST_TIMES
    network.compile(mode=mode, dynamic=False)


def mode_for(setting: bool | str, task: Any, trainer: Any) -> str:
    """The mode in which a task's network is compiled.

    Args:
        setting: of ``compile``: true, or a mode.
        task: with a ``network``; of a mode with graphs it is told to answer with copies.
        trainer: that is to train it; its device is known.

    Raises:
        InputError: there is no network, the strategy spreads it over devices, or what torch compiles with is missing.
    """
    said, device = f"compile: got {str(setting).lower()}, but", trainer.strategy.root_device
    if not isinstance(getattr(task, "network", None), nn.Module):
        raise InputError(f"{said} {type(task).__name__} has no 'network', which is what is compiled; allowed: false")
    if not isinstance(trainer.strategy, (SingleDeviceStrategy, DDPStrategy)):
        name = type(trainer.strategy).__name__
        raise InputError(f"{said} {name} spreads the network over devices; allowed with trainer.strategy: auto, ddp")
    if missing := missing_compiler(device):
        raise InputError(f"{said} {missing}; allowed without: false")
    if setting in GRAPHS and device.type == "cuda":
        task.answers_are_copied = True
    return "default" if setting is True else str(setting)


def missing_compiler(device: torch.device) -> str | None:
    """What torch.compile would miss for a device; ``None`` where nothing."""
    if device.type == "cpu":
        compiler = os.environ.get("CXX") or ("clang++" if sys.platform == "darwin" else "g++")
        found = shutil.which(compiler.split()[0])
        return None if found else f"torch compiles with {compiler}, which is not there (CXX=... names another compiler)"
    if device.type == "cuda":
        if torch.cuda.get_device_capability(device) < (7, 0):
            return f"torch compiles for GPUs from Volta on, and {torch.cuda.get_device_name(device)} is older"
        if find_spec("triton") is None:
            return "torch compiles for a GPU with the package triton, which is not installed"
        if not (os.environ.get("CC") or shutil.which("gcc") or shutil.which("clang")):
            return "triton compiles with gcc or clang, neither of which is there (CC=... names another compiler)"
    return None
