import itertools

import lightning as L
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from epochwise.data.splits.epoch_batches import EpochBatches
from epochwise.epochs.plan import plan_epochs
from epochwise.input_error import InputError


def test_a_thousand_samples_in_batches_of_100_are_10_steps_an_epoch():
    plan = plan_epochs(1000, batch_size=100, max_epochs=7)
    assert (plan.batches_per_epoch, plan.steps_per_epoch, plan.steps, plan.samples) == (10, 10, 70, 7000)


def test_devices_and_accumulation_make_steps_larger_and_fewer():
    plan = plan_epochs(1000, batch_size=25, max_epochs=1, world_size=2, accumulate_grad_batches=4)
    assert (plan.samples_per_step, plan.batches_per_epoch, plan.steps_per_epoch) == (200, 20, 5)


@given(
    num_samples=st.integers(1, 300),
    batch_size=st.integers(1, 64),
    world_size=st.integers(1, 5),
    drop_last=st.booleans(),
    epoch=st.integers(0, 3),
)
def test_it_counts_the_samples_and_batches_that_the_sampler_gives(
    num_samples, batch_size, world_size, drop_last, epoch
):
    plan = plan_epochs(num_samples, batch_size, 1, world_size, drop_last=drop_last)
    try:
        ranks = [
            EpochBatches(num_samples, batch_size, drop_last=drop_last, rank=rank, world_size=world_size)
            for rank in range(world_size)
        ]
    except InputError:
        assert plan.batches_per_epoch == plan.steps == plan.samples == 0
        return
    for rank in ranks:
        rank.set_epoch(epoch)
    assert [len(list(rank)) for rank in ranks] == [plan.batches_per_epoch] * world_size
    assert sum(len(batch) for rank in ranks for batch in rank) == plan.samples_per_epoch


class Counting(L.LightningModule):
    """Counts what it is given."""

    def __init__(self):
        super().__init__()
        self.layer, self.samples, self.batches = torch.nn.Linear(1, 1), 0, 0

    def training_step(self, batch, batch_idx):
        self.samples += len(batch)
        self.batches += 1
        return self.layer(batch).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


GRID = list(itertools.product((7, 23, 40), (1, 4, 9), (1, 2, 3), (None, 2, 0.5), (-1, 5), (False, True)))


@pytest.mark.parametrize("shard", range(6))
def test_it_equals_what_the_trainer_then_does(shard, tmp_path):
    for num_samples, batch_size, accumulate, limit, max_steps, drop_last in GRID[shard::6]:
        plan = plan_epochs(
            num_samples,
            batch_size,
            max_epochs=3,
            accumulate_grad_batches=accumulate,
            drop_last=drop_last,
            limit_train_batches=limit,
            max_steps=max_steps,
        )
        if plan.batches_per_epoch == 0:
            continue
        batches = EpochBatches(num_samples, batch_size, drop_last=drop_last)
        trainer = L.Trainer(
            accelerator="cpu",
            max_epochs=3,
            max_steps=max_steps,
            accumulate_grad_batches=accumulate,
            limit_train_batches=limit,
            default_root_dir=tmp_path,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        counting = Counting()
        trainer.fit(counting, DataLoader(torch.ones(num_samples, 1), sampler=batches, batch_size=None))
        assert (trainer.global_step, counting.batches, counting.samples) == (plan.steps, plan.batches, plan.samples)
        assert trainer.num_training_batches == plan.batches_per_epoch
