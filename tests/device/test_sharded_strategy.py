"""A network that is spread over two processes learns, scores and keeps what one that lies whole on both does."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from epochwise.run.epochs_csv import read_epochs_csv

PROJECT = Path(__file__).parents[2]
SETTINGS = ("data.max_train_samples=300", "trainer.max_epochs=3", "report=false", "~callbacks.progress_bar")
MLP = ("model.hidden_sizes=[32]", "model.dropout=0")


def run(folder, *words):
    command = [sys.executable, "train.py", *SETTINGS, *words, f"hydra.run.dir={folder}"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False)


def trained(folder, trainer, *words):
    done = run(folder, f"trainer={trainer}", "trainer.accelerator=cpu", "trainer.devices=2", *words)
    assert done.returncode == 0, done.stderr
    return found(folder)


def found(folder):
    kept = {name: torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True) for name in ("best", "last")}
    return kept, read_epochs_csv(folder / "epochs.csv")


def assert_alike(one, other):
    for name in ("best", "last"):
        first, second = one[0][name], other[0][name]
        assert first.keys() == second.keys()
        for key in {"state_dict", "current_model_state"} & first.keys():
            assert first[key].keys() == second[key].keys()
            for weight, value in first[key].items():
                torch.testing.assert_close(second[key][weight], value, rtol=0, atol=1e-5)
        states = (kept["optimizer_states"][0]["state"] for kept in (first, second))
        torch.testing.assert_close(*states, rtol=1e-3, atol=1e-5)
    for first, second in zip(one[1], other[1], strict=True):
        for name, value in first.items():
            if "seconds" not in name and isinstance(value, float):
                assert second[name] == pytest.approx(value, rel=1e-4, abs=1e-5), name


@pytest.mark.ranks
@pytest.mark.parametrize(
    "words",
    [
        (*MLP, "trainer.gradient_clip_val=0.5", "trainer.accumulate_grad_batches=2", "steps_per_execution=2"),
        (*MLP, "+callbacks=[ema,weight_norm]", "callbacks.ema.decay=0.9"),
        (*MLP, "finetune=gradual", "finetune.one_stage_every_n_epochs=1", "optimizer=sgd"),
        ("model=small_resnet",),  # which knows statistics: those of rank 0 are scored and kept
        ("model=small_resnet", "activation_checkpointing=true"),
    ],
    ids=["clipped", "averaged", "thawed", "statistics", "computed again"],
)
def test_what_is_spread_trains_as_what_is_whole(tmp_path, words):
    assert_alike(trained(tmp_path / "spread", "fsdp", *words), trained(tmp_path / "whole", "ddp", *words))


@pytest.mark.ranks
def test_what_is_frozen_does_not_move(tmp_path):
    frozen = ("finetune=head", "optimizer.weight_decay=0.5", *MLP)
    ends, _ = trained(tmp_path, "fsdp", *frozen)
    begun = run(tmp_path / "begun", "trainer=cpu", *frozen, "optimizer.lr=1e-30")
    assert begun.returncode == 0, begun.stderr
    first = found(tmp_path / "begun")[0]["last"]["state_dict"]
    for name, weight in ends["last"]["state_dict"].items():
        assert torch.equal(weight, first[name]) == ("head" not in name), name


@pytest.mark.parametrize("word", ["channels_last=true", "compile=true", "find=lr", "trainer.precision=64-true"])
def test_what_cannot_be_is_refused_before_anything_is_built(tmp_path, word):
    done = run(tmp_path / "run", "trainer=fsdp", "trainer.devices=2", word)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(word.partition("=")[0] + ": got ")
    assert not (tmp_path / "run").exists()
