"""Optimizers that update all parameters in one kernel: where they do, and that runs which began without go on so."""

from functools import partial

import lightning as L
import pytest
import torch
from lightning.pytorch.plugins import MixedPrecision
from torch import nn
from torch.amp import GradScaler
from torch.optim.lr_scheduler import ConstantLR

from epochwise.commands.train import train
from epochwise.task import optimized
from epochwise.task.optimized import Optimized, fused

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

BASE = (
    *("model.hidden_sizes=[8]", "data.batch_size=64", "trainer.limit_train_batches=3", "trainer.limit_val_batches=1"),
    *("trainer.max_epochs=4", "callbacks.last_checkpoint.every_n_steps=1", "name=test"),
    *("~callbacks.model_summary", "~callbacks.progress_bar"),
)
SGD = "{_target_:torch.optim.SGD,_partial_:true,lr:0.05,momentum:0.9}"
THEN_SGD = f"finetune.phases=[{{at_epoch:0,unfreeze:all}},{{at_epoch:2,optimizer:{SGD}}}]"


def groups_of(folder):
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["optimizer_states"][0]["param_groups"]


@pytest.mark.parametrize("made_by", [torch.optim.AdamW, partial(torch.optim.SGD, lr=0.1), torch.optim.Adagrad])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_all_parameters_are_updated_in_one_kernel_where_there_is_one(made_by, dtype):
    net = nn.Linear(2, 2).to(dtype)
    assert [group["fused"] for group in fused(made_by, net)(net.parameters()).param_groups] == [True]


@pytest.mark.parametrize(
    ("made_by", "net"),
    [
        (torch.optim.RMSprop, nn.Linear(2, 2)),  # has no such argument
        (partial(torch.optim.AdamW, fused=False), nn.Linear(2, 2)),
        (partial(torch.optim.AdamW, fused=True), nn.Linear(2, 2)),
        (partial(torch.optim.AdamW, foreach=True), nn.Linear(2, 2)),
        (partial(torch.optim.AdamW, foreach=False), nn.Linear(2, 2)),
        (partial(torch.optim.AdamW, differentiable=True), nn.Linear(2, 2)),
        (torch.optim.SGD, nn.Embedding(3, 2, sparse=True)),
        (torch.optim.SGD, nn.Linear(2, 2, dtype=torch.complex64)),
        (torch.optim.AdamW, nn.Linear(2, 2, device="meta")),
    ],
    ids=str,
)
def test_what_cannot_or_says_so_itself_is_left_as_it_is(made_by, net):
    assert fused(made_by, net) is made_by


@pytest.mark.parametrize(
    ("made_by", "largest"),
    [(partial(torch.optim.AdamW, lr=2e-3), 5e-7), (partial(torch.optim.SGD, lr=0.1, momentum=0.9), 5e-7)],
)
def test_of_the_same_gradients_the_weights_differ_by_rounding_alone(made_by, largest):
    ends = []
    for make in (made_by, partial(made_by, foreach=True), partial(made_by, fused=True)):
        generator = torch.Generator().manual_seed(0)
        weight = nn.Parameter(torch.randn(64, generator=generator))
        optimizer = make([weight])
        for _ in range(20):
            weight.grad = torch.randn(64, generator=generator) / 64
            optimizer.step()
        ends.append(weight.detach())
    assert torch.equal(ends[0], ends[1])  # on a CPU
    assert (ends[2] - ends[0]).abs().max() <= largest


def test_a_run_trains_so_without_being_told(tmp_path, composed):
    train(composed(*BASE, "trainer.max_epochs=1", run_folder=tmp_path))
    assert [group["fused"] for group in groups_of(tmp_path)] == [True, True]


def test_gradients_are_clipped_before_the_step_in_mixed_precision_too(tmp_path, composed):
    words = ("trainer.precision=bf16-mixed", "trainer.gradient_clip_val=1.0", "trainer.max_epochs=1")
    train(composed(*BASE, *words, run_folder=tmp_path))  # Lightning would refuse to clip before a fused step
    assert [group["fused"] for group in groups_of(tmp_path)] == [None, None]


@pytest.mark.parametrize(("scaler", "expected"), [(GradScaler("cpu"), None), (None, True)], ids=["scaled", "not"])
def test_gradients_that_are_scaled_are_unscaled_before_the_step_where_all_can_see_them(scaler, expected):
    task = Optimized(nn.Linear(2, 2), torch.optim.AdamW, ConstantLR, "val/loss")
    precision = MixedPrecision("16-mixed" if scaler else "bf16-mixed", "cpu", scaler)
    task.trainer = L.Trainer(accelerator="cpu", plugins=[precision], logger=False, enable_checkpointing=False)
    groups = task.configure_optimizers()["optimizer"].param_groups
    assert [group["fused"] for group in groups] == [expected, expected]


@pytest.mark.parametrize("words", [[], ["finetune=plan", THEN_SGD]], ids=["one optimizer", "another from epoch 2 on"])
def test_a_run_that_began_without_goes_on_without_to_the_bit(tmp_path, composed, monkeypatch, words):
    def older(folder):
        with monkeypatch.context() as patch:
            patch.setattr(optimized, "fused", lambda make, network: make)
            train(composed(*BASE, *words, run_folder=folder))

    older(tmp_path / "whole")
    with cut_in_batch(5):
        older(tmp_path / "cut")
    last = tmp_path / "cut/checkpoints/last.ckpt"
    checkpoint = torch.load(last, weights_only=True)
    del checkpoint["may_fuse"]  # of which it knew nothing
    torch.save(checkpoint, last)
    train(composed(*BASE, *words, "resume=auto", run_folder=tmp_path / "cut"))
    whole, resumed = outcome(tmp_path / "whole"), outcome(tmp_path / "cut")
    for checkpoints in (whole["checkpoints"], resumed["checkpoints"]):
        for kept in checkpoints.values():
            kept.pop("may_fuse")
    assert differences(resumed, whole) == []


@pytest.mark.parametrize(("words", "then"), [([], "false"), (["+optimizer.fused=false"], "true")])
def test_a_run_that_goes_on_may_be_told_otherwise(tmp_path, composed, words, then):
    with cut_in_batch(5):
        train(composed(*BASE, *words, run_folder=tmp_path))
    train(composed(*BASE, f"+optimizer.fused={then}", "resume=auto", run_folder=tmp_path))
    assert {group["fused"] for group in groups_of(tmp_path)} == {then == "true"}
