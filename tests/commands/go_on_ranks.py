"""Run by one process, or by two as torchrun would: trains in a folder with some settings, and prints what was seen.

Arguments: the run folder; the step of this life, from 1, before which the power is cut, 0 for none; overrides.
"""

import json
import os
import sys
import warnings
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from omegaconf import open_dict

from epochwise.command_line.composer import engine_conf
from epochwise.commands.train import train
from epochwise.report.terminal import quiet
from epochwise.run.write_checkpoint import wait_for_checkpoints
from epochwise.task.classification import Classification

folder, cut, *overrides = sys.argv[1:]
warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()
learn, seen = Classification.training_step, {}


def step(task, batch, batch_idx):
    if sum(map(len, seen.values())) + 1 == int(cut):
        wait_for_checkpoints(task.trainer)  # what was seen behind the last one that is on the disk is seen again
        print(json.dumps(seen), flush=True)
        os._exit(0)
    steps = seen.setdefault(task.current_epoch, [])
    steps.append([[hash(x.numpy().tobytes()) for x in batch[0]], task.optimizers().param_groups[0]["lr"]])
    return learn(task, batch, batch_idx)


Classification.training_step = step
with engine_conf(), initialize_config_dir(str(Path(__file__).parents[2] / "conf"), version_base="1.3"):
    config = compose("train", overrides=[*overrides, "report=false", f"run_folder={folder}"])
with open_dict(config):
    config.pop("hydra", None)
train(config)
print(json.dumps(seen), flush=True)
