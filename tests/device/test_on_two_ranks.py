"""Two processes, with what a device is given: a compiled network and samples that lie there train as without."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROJECT = Path(__file__).parents[2]
DDP = ("trainer=ddp", "trainer.accelerator=cpu", "trainer.devices=2", "trainer.max_epochs=3", "report=false")
NETWORK = ("model.hidden_sizes=[16]", "model.dropout=0", "finetune=gradual", "finetune.one_stage_every_n_epochs=1")


def trained(folder, *words):
    command = [sys.executable, "train.py", *DDP, *NETWORK, *words, f"hydra.run.dir={folder}"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


@pytest.mark.ranks
def test_layers_that_are_thawed_on_two_ranks_train_as_without(tmp_path):
    plain = trained(tmp_path / "plain", "data.keep_on_device=false")
    compiled = trained(tmp_path / "compiled", "compile=true", "data.keep_on_device=true")
    assert list(compiled) == list(plain)
    for name, value in plain.items():
        torch.testing.assert_close(compiled[name], value, rtol=1e-3, atol=1e-4)
