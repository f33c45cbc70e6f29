"""Run by one process, or by two as torchrun would: trains a kind of target and prints its last scores and weights.

Arguments: the folder of the kinds' files; the kind; the run folder; further overrides.
"""

import json
import sys
import warnings
from pathlib import Path

import torch
from hydra import compose, initialize_config_dir
from omegaconf import open_dict

from epochwise.command_line.composer import engine_conf
from epochwise.commands.train import train
from epochwise.report.terminal import quiet
from epochwise.run.epochs_csv import read_epochs_csv

from tests.commands.kinds import words

files, kind, folder, *overrides = sys.argv[1:]
warnings.filterwarnings("ignore")
torch.set_num_threads(1)
quiet()
typed = [*words(kind, Path(files)), *overrides, "report=false", f"run_folder={folder}", "name=test", "stopping=none"]
with engine_conf(), initialize_config_dir(str(Path(__file__).parents[2] / "conf"), version_base="1.3"):
    config = compose("train", overrides=typed)
with open_dict(config):
    config.pop("hydra", None)
    config.callbacks.pop("confusion_matrix", None)
train(config)
weights = torch.load(Path(folder) / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
rows = [{name: value for name, value in row.items() if "/" in name} for row in read_epochs_csv(f"{folder}/epochs.csv")]
kept = {name: value.double().flatten().tolist() for name, value in weights.items() if value.is_floating_point()}
print(json.dumps({"rows": rows, "weights": kept}))
