"""A stream of one's own: its epochs, on any number of workers and processes, and gone on with."""

from itertools import chain

import numpy as np
import pytest
import torch

from epochwise.data.own_stream import OwnStream
from epochwise.input_error import InputError

from tests.items.own_sets import Points, ShardedStream, StatefulStream, Stream


@pytest.fixture(autouse=True)
def _workers_that_are_left_are_not_waited_for(monkeypatch):
    monkeypatch.setattr(torch.utils.data._utils, "MP_STATUS_CHECK_INTERVAL", 0.1)


def ready(train=None, **settings):
    given = {"val": Stream(30, seed=1), "test": Points(20, seed=2), "batch_size": 16} | settings
    data = OwnStream(train=Stream() if train is None else train, **given)
    data.setup("fit")
    return data


def lines(**settings):
    with pytest.raises(InputError) as refused:
        ready(**settings)
    return refused.value.lines


def epochs(data, count):
    loader = data.train_dataloader()
    found = []
    for epoch in range(count):
        loader.sampler.set_epoch(epoch)
        found.append([(x.clone(), y.clone()) for x, y in loader])
    return found


def rows_of(batches, points=None):
    x = (points or Points(100)).x.astype(np.float32)
    return [int(np.flatnonzero((x == each.numpy()).all(1))[0]) for batch, _ in batches for each in batch]


def test_an_epoch_is_a_pass_whose_samples_are_counted():
    data = ready()
    assert data.num_samples == {"train": 100, "val": 30, "test": 20}
    assert [rows_of(epoch) for epoch in epochs(data, 2)] == [list(range(100))] * 2
    assert (data.spec.num_train, data.spec.class_counts) == (100, np.bincount(Points(100).y).tolist())


def test_targets_are_those_of_the_items():
    held_out = {"val": Stream(30, seed=1, form="name"), "test": Points(20, seed=2, form="name")}
    batches = epochs(ready(Stream(form="name"), **held_out), 1)[0]
    assert torch.cat([y for _, y in batches]).tolist() == (1 - Points(100).y).tolist()  # above, below


def test_an_epoch_is_the_next_samples_where_that_is_asked_for():
    found = epochs(ready(samples_per_epoch=70), 3)
    assert [rows_of(epoch) for epoch in found] == [
        list(range(70)),
        [*range(70, 100), *range(40)],
        [*range(40, 100), *range(10)],
    ]


def test_a_stream_without_end_has_epochs_too():
    assert rows_of(epochs(ready(Stream(endless=True), samples_per_epoch=150), 1)[0]) == [*range(100), *range(50)]


@pytest.mark.parametrize("samples", [None, pytest.param(70, marks=pytest.mark.long)])
def test_the_order_it_draws_is_another_in_each_pass_and_the_same_with_any_number_of_workers(samples):
    alone = [rows_of(epoch) for epoch in epochs(ready(Stream(shuffle=True), samples_per_epoch=samples), 3)]
    torch.manual_seed(3)
    two = ready(Stream(shuffle=True), samples_per_epoch=samples, num_workers=2)
    assert [rows_of(epoch) for epoch in epochs(two, 3)] == alone
    every = list(chain(*alone))
    assert sorted(every[:100]) == sorted(every[100:200]) == list(range(100))
    assert every[:100] != every[100:200]


class Place:
    """What a trainer says of where it is."""

    training, overfit_batches, global_rank, world_size = True, 0, 0, 1

    def __init__(self, epoch, batches):
        class Count:
            processed, completed = epoch, batches

        class Progress:
            current = Count()

        class Loop:
            epoch_progress = batch_progress = Progress()

        self.fit_loop = Loop()
        self.fit_loop.epoch_loop = Loop()


@pytest.mark.parametrize("samples", [None, 70])
@pytest.mark.parametrize("kind", [Stream, StatefulStream])
@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.long)])
def test_a_run_goes_on_behind_the_samples_it_has_taken(samples, kind, workers):
    whole = epochs(ready(kind(shuffle=True), samples_per_epoch=samples), 2)
    data = ready(kind(shuffle=True), samples_per_epoch=samples, num_workers=workers)
    loader = data.train_dataloader()
    for epoch, most in ((0, 99), (1, 3)):
        loader.sampler.set_epoch(epoch)
        for number, _ in enumerate(loader):
            if number == most - 1:
                break
    data.trainer = Place(1, 2)  # a checkpoint is one batch behind
    kept = data.state_dict()
    assert ("stream" in kept) == (kind is StatefulStream)

    again = ready(kind(shuffle=True), samples_per_epoch=samples, num_workers=workers)
    again.trainer = Place(1, 2)
    again.load_state_dict(kept)
    given = again.train.given
    rest = list(again.train_dataloader())
    assert [rows_of([each]) for each in rest] == [rows_of([each]) for each in whole[1][2:]]
    if workers == 0 and kind is StatefulStream:
        assert again.train.given - given <= 102 - 32, "what had been taken was not read again"


@pytest.mark.long
def test_workers_that_read_alike_are_told_apart_from_shards():
    assert "begins with other samples" in lines(train=ShardedStream(), num_workers=2)[0]
    assert lines(train=Stream(), num_workers=2, shards_itself=True, samples_per_epoch=64)[0].startswith(
        "data.shards_itself: got True, but every worker of Stream begins with the same samples"
    )


def test_shards_of_two_workers_hold_each_sample_once():
    data = ready(ShardedStream(), num_workers=2, shards_itself=True, samples_per_epoch=96)
    first, second = epochs(data, 2)
    assert sorted(rows_of(first)) == list(range(96))
    assert {96, 97, 98, 99} < set(rows_of(second))


def test_what_a_stream_cannot_do_is_told_at_once():
    said = lines(val=None, fold=1, label_noise=0.5, shuffle=True, shards_itself=True)
    assert [line.partition(":")[0] for line in said] == [
        "data.val",
        "data",
        "data.label_noise",
        "data.shuffle",
        "data.samples_per_epoch",
    ]


def test_a_stream_that_ends_early_or_late_is_told():
    class Fickle(Stream):
        def order(self):
            self.passes = getattr(self, "passes", 0) + 1
            return list(range(90 if self.passes > self.fine else 100))

    for fine, then, how in ((2, 2, "only 90"), (0, 99, "more than 90")):
        stream = Fickle()
        stream.fine = fine  # passes: the first samples, the count, and the first epoch
        data = ready(stream)
        stream.fine = then
        with pytest.raises(InputError, match=f"gave {how} samples in pass 0.*set data.samples_per_epoch"):
            epochs(data, 1)


class Counted(StatefulStream):
    """A state that says how many were given, as Hugging Face's streams have it: read once, it stands at its end."""

    def __iter__(self):
        for row in range(self.done, len(self.points)):
            self.done += 1
            yield self.points[row]


@pytest.mark.parametrize("samples", [None, 70])
def test_what_was_read_to_look_at_it_is_trained_on_all_the_same(samples):
    data = ready(Counted(), samples_per_epoch=samples, kept_samples=16)
    assert rows_of(epochs(data, 1)[0]) == list(range(samples or 100))
