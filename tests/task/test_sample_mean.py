"""Samples of an optimizer step count alike, however they were cut into batches."""

from pathlib import Path
from typing import ClassVar

import lightning as L
import pytest
import torch

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.loggers.test_tensorboard import curves
from tests.ranks import run_ranks

SCRIPT = Path(__file__).with_name("two_ranks.py")
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.train_eval", "name=test", "stopping=none")
PLAIN = ("optimizer=sgd", "scheduler=none", "model.hidden_sizes=[16]", "model.dropout=0", "trainer.max_epochs=2")


def weights(folder):
    state = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]
    return torch.cat([tensor.flatten() for tensor in state.values()])


# Samples, batch, accumulated: the last step holds one batch of two; a small one alone; a whole and a small one.
CUTS = {
    "half a step": (192, 64, 2, ""),
    "a small batch": (300, 32, 3, "trainer.gradient_clip_val=0.1"),
    "an unequal one": (300, 32, 4, "trainer.val_check_interval=1"),
}


@pytest.mark.parametrize("cut", CUTS)
def test_accumulated_batches_train_as_one_of_their_samples(tmp_path, composed, cut):
    samples, batch, accumulated, also = CUTS[cut]
    rows, ends, points = [], [], []
    for size, sums in ((batch * accumulated, 1), (batch, accumulated)):
        folder = tmp_path / str(size)
        folder.mkdir()
        sizes = (f"data.batch_size={size}", f"trainer.accumulate_grad_batches={sums}")
        how = (f"data.max_train_samples={samples}", "trainer.log_every_n_steps=1", *([also] if also else []))
        train(composed(*PLAIN, *sizes, *how, *QUICK, run_folder=folder))
        rows.append(read_epochs_csv(folder / "epochs.csv"))
        ends.append(weights(folder))
        points.append(curves(folder)[0]["step/train/loss_step"])
    assert (ends[0] - ends[1]).abs().max() < 1e-6
    for one, other in zip(*rows, strict=True):
        for score in ("train/loss", "val/loss", "grad_norm", "step", "samples"):
            assert one[score] == pytest.approx(other[score], rel=1e-5), score
    assert points[0] == [(step, pytest.approx(loss, rel=1e-5)) for step, loss in points[1]]


class Gradients(L.Callback):
    """At each step compares the gradient with that of the mean loss over all samples since the step before."""

    apart: ClassVar[list[float]] = []
    sizes: ClassVar[list[int]] = []

    def on_fit_start(self, trainer, pl_module):
        self.batches = []
        self.apart.clear()
        self.sizes.clear()

    def on_train_batch_start(self, trainer, pl_module, batch, batch_idx):
        self.batches.append(batch)

    def on_before_optimizer_step(self, trainer, pl_module, optimizer):
        x, y = (torch.cat(parts) for parts in zip(*self.batches, strict=True))
        parameters = [parameter for parameter in pl_module.network.parameters() if parameter.requires_grad]
        right = torch.autograd.grad(pl_module.compute_loss(pl_module(x), y), parameters)
        pairs = zip(parameters, right, strict=True)
        self.apart.append(max(float((parameter.grad - one).abs().max()) for parameter, one in pairs))
        self.sizes.append(len(y))
        self.batches.clear()


STEPS = {
    "a limit": (["trainer.limit_train_batches=5"], [64, 64, 32] * 2),
    "overfitting": (["trainer.overfit_batches=3"], [64, 32] * 2),
    "several validations": (["trainer.val_check_interval=3"], [64] * 4 + [44] + [64] * 4 + [44]),
    "more than an epoch has": (["trainer.accumulate_grad_batches=20"], [300] * 2),
    "a limit of steps": (["+trainer.max_steps=7"], [64] * 4 + [44] + [64] * 2),
    "cached features": (["finetune=head", "finetune.cache_features=true"], [64] * 4 + [44] + [64] * 4 + [44]),
}


@pytest.mark.parametrize("case", STEPS)
def test_the_gradient_of_every_step_is_the_mean_over_its_samples(tmp_path, composed, case):
    settings, sizes = STEPS[case]
    of_data = ("data.max_train_samples=300", "data.batch_size=32", "trainer.accumulate_grad_batches=2")
    seen = "+callbacks.seen._target_=tests.task.test_sample_mean.Gradients"
    train(composed(*PLAIN, *of_data, *settings, seen, *QUICK, run_folder=tmp_path))
    assert Gradients.sizes == sizes
    assert max(Gradients.apart) < 1e-6


@pytest.mark.ranks
def test_two_ranks_that_accumulate_train_as_one_process_of_the_same_global_batches():
    (alone,), (accumulated,) = run_ranks(SCRIPT, 1), run_ranks(SCRIPT, 1, "2")
    for one in (accumulated, *run_ranks(SCRIPT, 2, "2")):
        apart = torch.tensor(one["5"]["weights"]) - torch.tensor(alone["5"]["weights"])
        assert apart.abs().max() < 1e-6
        assert one["5"]["train/loss"] == pytest.approx(alone["5"]["train/loss"], abs=1e-6)
