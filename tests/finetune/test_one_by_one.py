from functools import partial

import lightning as L
import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, TensorDataset

from epochwise.finetune.bound_plan import one_by_one
from epochwise.finetune.phases import Phase
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError
from epochwise.task.optimized import Optimized

STAGES = {"stem": ["s"], "body": ["b1", "b2"], "head": ["h"]}
HEAD = Phase(0, frozenset({"h"}))


def follow(phases, every_n_epochs=2, frozen=(), max_epochs=None):
    found = one_by_one(phases, every_n_epochs, STAGES, frozenset(frozen), max_epochs, "finetune.every")
    return [(phase.at_epoch, set(phase.unfreeze)) for phase in found[len(phases) :]]


def test_the_stages_follow_from_the_head_down():
    assert follow([HEAD]) == [(2, {"b1", "b2"}), (4, {"s"})]


def test_what_trains_already_or_never_is_left_out():
    assert follow([HEAD, Phase(3, frozenset({"b1"}))], frozen=["s"]) == [(5, {"b2"})]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (
            {"max_epochs": 4},
            "got 2, but 'stem' would begin .* at epoch 4, beyond trainer.max_epochs=4; .* at most 1",
        ),
        ({"max_epochs": 2}, "would begin to train at epoch 2, .*; allowed: trainer.max_epochs=3 or more"),
        ({"frozen": ["s", "b1", "b2"]}, "all that may train does so from epoch 0 on"),
    ],
)
def test_what_cannot_follow_is_an_error(settings, line):
    with pytest.raises(InputError, match=line):
        follow([HEAD], **settings)


def test_nothing_follows_on_a_phase_whose_epoch_is_not_known():
    with pytest.raises(InputError, match="nothing can follow by the epoch on a phase that waits for a plateau"):
        follow([HEAD, Phase(None, frozenset({"b1"}))])


BATCHES = DataLoader(TensorDataset(torch.linspace(-1, 1, 12).reshape(6, 2)), batch_size=2)
EPOCHS = 4
ADAM = partial(torch.optim.AdamW, lr=0.05, weight_decay=0.1, fused=True)  # else the task chooses it, by what is there


def three_layers():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 3), nn.Linear(3, 1))


class Fitted(Optimized):
    def training_step(self, batch, batch_idx):
        return (self.network(batch[0]) - 1).square().mean()


def by_hand(starts):
    network = three_layers()
    weights, biases = ([p for p in network.parameters() if p.ndim == axes] for axes in (2, 1))
    optimizer = ADAM([{"params": weights}, {"params": biases, "weight_decay": 0.0}])
    schedule = CosineAnnealingLR(optimizer, EPOCHS)
    for epoch in range(EPOCHS):
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(starts[name[0]] <= epoch)
        for (x,) in BATCHES:
            optimizer.zero_grad()
            (network(x) - 1).square().mean().backward()
            optimizer.step()
        schedule.step()
    return network


@pytest.mark.filterwarnings("ignore:The 'train_dataloader' does not have many workers")
@pytest.mark.filterwarnings("ignore:The number of training batches")
@pytest.mark.parametrize(("every", "starts"), [(1, {"2": 0, "1": 1, "0": 2}), (0.5, {"2": 0, "1": 1, "0": 1})])
def test_the_steps_are_those_of_a_loop_by_hand_to_the_bit(every, starts):
    task = Fitted(three_layers(), ADAM, partial(CosineAnnealingLR, T_max=EPOCHS), "loss")
    plan = Plan([{"at_epoch": 0, "unfreeze": "head"}], one_stage_every_n_epochs=every)
    L.Trainer(
        max_epochs=EPOCHS,
        callbacks=[plan],
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit(task, BATCHES)
    assert all(map(torch.equal, task.network.parameters(), by_hand(starts).parameters()))
