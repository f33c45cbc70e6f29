from types import SimpleNamespace

import pytest
import torch
from torch import nn

from epochwise.callbacks.gradient_norm import GradientNorm
from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv


def test_it_logs_the_mean_over_steps_of_the_norm_of_all_gradients_together():
    logged = {}
    module = SimpleNamespace(device="cpu", log=lambda name, value, **_: logged.update({name: float(value)}))
    layers = [nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)]
    optimizer = torch.optim.SGD([layer.weight for layer in layers], lr=0.1)
    callback = GradientNorm()
    callback.on_train_epoch_start(None, module)
    for gradients in ((3.0, 4.0, None), (0.0, 1.0, None)):  # the last layer is frozen
        for layer, gradient in zip(layers, gradients, strict=True):
            layer.weight.grad = None if gradient is None else torch.tensor([[gradient]])
        callback.on_before_optimizer_step(None, module, optimizer)
    callback.on_train_epoch_end(None, module)
    assert logged == {"grad_norm": pytest.approx(3.0)}


SMALL = (
    "model.hidden_sizes=[8,4]",
    "model.dropout=0",
    "data.max_train_samples=300",
    "name=test",
    "report=false",
    "scheduler=none",
)
SMALL += ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.train_eval", "~loggers.tensorboard")


def norms_of(folder, composed, *overrides):
    """One dict an epoch: what stands in the columns of gradient norms, and is not empty."""
    train(composed(*SMALL, "callbacks.gradient_norm.by_stage=true", *overrides, run_folder=folder))
    rows = read_epochs_csv(folder / "epochs.csv")
    return [{k: v for k, v in row.items() if k.startswith("grad_norm") and v is not None} for row in rows]


def test_those_of_the_stages_are_of_whole_steps_however_many_batches_make_one(tmp_path, composed):
    # 300 samples: steps of 128, 128 and 44, the last of them of one batch of 44 or of one of 44 and none.
    whole = norms_of(tmp_path / "whole", composed, "data.batch_size=128", "trainer.max_epochs=2")
    summed = ("data.batch_size=64", "trainer.accumulate_grad_batches=2", "trainer.max_epochs=2")
    parts = norms_of(tmp_path / "parts", composed, *summed)
    assert set(whole[0]) == {"grad_norm", "grad_norm/body", "grad_norm/head"}
    for one, other in zip(whole, parts, strict=True):
        assert one == pytest.approx(other, rel=1e-4)


def test_in_one_step_their_squares_add_up_to_that_of_all(tmp_path, composed):
    (norms,) = norms_of(tmp_path, composed, "data.batch_size=512", "trainer.max_epochs=1")
    together = norms.pop("grad_norm")
    assert sum(norm**2 for norm in norms.values()) == pytest.approx(together**2, rel=1e-5)


def test_a_frozen_stage_has_none(tmp_path, composed):
    (norms,) = norms_of(tmp_path, composed, "finetune=head", "trainer.max_epochs=1")
    assert len(norms) == 2
    assert len(set(norms.values())) == 1


def test_a_run_that_goes_on_within_an_epoch_has_the_means_of_one_that_was_never_cut(tmp_path, composed):
    layers = {"network": nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))}
    logged = {}
    module = SimpleNamespace(**layers, device="cpu", log=lambda name, value, **_: logged.update({name: float(value)}))
    optimizer = torch.optim.SGD(layers["network"].parameters(), lr=0.1)
    before, after = GradientNorm(by_stage=True), GradientNorm(by_stage=True)
    before.on_train_start(None, module)
    before.on_train_epoch_start(None, module)
    for callback, gradients in ((before, (3.0, 4.0)), (after, (0.0, 1.0))):
        if callback is after:
            after.on_train_start(None, module)
            after.load_state_dict(before.state_dict())
        for layer, gradient in zip(layers["network"], gradients, strict=True):
            layer.weight.grad = torch.tensor([[gradient]])
        callback.on_before_optimizer_step(None, module, optimizer)
    after.on_train_epoch_end(None, module)
    assert logged == pytest.approx({"grad_norm": 3.0, "grad_norm/0": 1.5, "grad_norm/1": 2.5})
