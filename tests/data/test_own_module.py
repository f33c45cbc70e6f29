"""A LightningDataModule of one's own: what is found in it, and its order."""

import numpy as np
import pytest
import torch

from epochwise.data.own_module import OwnModule
from epochwise.input_error import InputError

from tests.items.own_sets import OwnLoaders, Points


def ready(module=None, **settings):
    data = OwnModule(module=module or OwnLoaders(), **settings)
    data.setup("fit")
    return data


def order(data, epoch, taken=0):
    loader = data.train_dataloader()
    loader.place = lambda: (epoch, taken)
    return [data.read_batch(batch)[0] for batch in loader]


def test_the_spec_is_found_in_the_training_loader():
    spec = ready(class_names=["below", "above"]).spec
    assert (spec.target, spec.num_outputs, spec.class_names, spec.input_shape) == ("class", 2, ["below", "above"], (2,))
    assert spec.class_counts == np.bincount(Points(100, seed=100).y).tolist()
    assert ready(OwnLoaders(form="number")).spec.target == "number"
    assert ready(OwnLoaders(form="labels"), target="labels").spec.num_outputs == 3
    assert ready(OwnLoaders(form="dict"), class_counts=[40, 60]).spec.class_counts == [40, 60]


def test_sizes_are_those_of_the_loaders():
    data = ready()
    assert (data.num_samples, data.batch_size, len(data.train_dataloader())) == (
        {"train": 100, "val": 30, "test": 20},
        16,
        7,
    )


def test_the_hooks_of_the_module_are_called():
    x = torch.cat(order(ready(), 0)).double() / 2
    found = {tuple(np.round(row, 5)) for row in x.numpy()}
    assert found == {tuple(np.round(row, 5)) for row in Points(100, seed=100).x}


@pytest.mark.parametrize("settings", [{}, {"seed": 7}, {"workers": 1}, {"jitter": 0.1}])
def test_the_order_follows_from_the_epoch_and_is_taken_up_behind_what_was_taken(settings):
    whole = order(ready(OwnLoaders(**settings)), 1)
    torch.manual_seed(99)
    rest = order(ready(OwnLoaders(**settings)), 1, taken=3)
    assert len(rest) == 4
    assert all(torch.equal(a, b) for a, b in zip(rest, whole[3:], strict=True))
    assert not torch.equal(order(ready(OwnLoaders(**settings)), 0)[0], whole[0])


class Endless(OwnLoaders):
    def train_dataloader(self):
        loader = super().train_dataloader()
        return Forever(loader)


class Forever:
    """Without a length, and without an end."""

    def __init__(self, loader):
        self.loader = loader

    def __iter__(self):
        while True:
            yield from self.loader


def test_a_loader_without_end_has_epochs_where_their_batches_are_given():
    data = ready(Endless(), batches_per_epoch=5)
    first, second = order(data, 0), order(data, 1)
    assert (len(first), len(second), data.num_samples["train"]) == (5, 5, 80)
    assert len(torch.unique(torch.cat([*first, *second[:2]]), dim=0)) == 100


class Ranks:
    """A trainer of two processes that get the same."""

    world_size, global_rank = 2, 0

    @property
    def strategy(self):
        return self

    def all_gather(self, value):
        return torch.stack([value, value])


def test_processes_that_get_the_same_batches_are_refused():
    data = ready()
    data.trainer = Ranks()
    with pytest.raises(InputError, match="every process of OwnLoaders gets the same batches"):
        data.train_dataloader()


def test_what_is_missing_is_told():
    with pytest.raises(InputError, match=r"^data.module: got Points, allowed: a LightningDataModule"):
        ready(Points())
    with pytest.raises(InputError, match=r"^data.batches_per_epoch: the training loader has no length"):
        ready(Endless())
    with pytest.raises(InputError) as refused:
        ready(target="mask")
    assert [line.partition(":")[0] for line in refused.value.lines] == ["data.num_outputs", "data.class_counts"]


def test_what_does_not_hold_is_said():
    notes = ready().notes
    assert "OwnLoaders cuts, orders and batches by itself" in notes[0]
    assert "reads its epoch again up to its place" in notes[1]
    assert "seeded anew each epoch" in ready(OwnLoaders(seed=1)).notes[1]
