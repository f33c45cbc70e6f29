"""Samples on the device that trains: the same batches, the same run to the bit, and what cannot be kept."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import Subset

from epochwise.commands.train import train
from epochwise.data.split_data_module import Split
from epochwise.data.splits.batched_data_module import BatchedDataModule
from epochwise.data.splits.epoch_batches import EpochBatches, EvenBatches
from epochwise.data.tables.array_rows import ArrayRows, Together
from epochwise.device import kept_samples as module
from epochwise.device.kept_samples import KeptBatches, check_kept, kept_samples
from epochwise.input_error import InputError

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

CPU, GPU, META = torch.device("cpu"), torch.device("cuda", 0), torch.device("meta")
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test")
BASE = ("data.batch_size=100", "trainer.max_epochs=2", "model.hidden_sizes=[16]", *QUICK)


def samples(number=10):
    return Split(torch.arange(2 * number).reshape(number, 2), torch.arange(number))


def on_meta_as_a_gpu(monkeypatch, free):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (free, 100 * free))
    monkeypatch.setattr(torch.Tensor, "to", lambda self, device: self)


@pytest.mark.parametrize("words", [[], ["trainer.overfit_batches=2", "trainer.limit_val_batches=2"]])
def test_a_run_is_the_same_to_the_bit_and_goes_on_so(tmp_path, composed, words):
    settings = (*BASE, *words, "callbacks.last_checkpoint.every_n_steps=3")
    train(composed(*settings, "data.keep_on_device=false", run_folder=tmp_path / "whole"))
    with cut_in_batch(17 if not words else 3):
        train(composed(*settings, "data.keep_on_device=true", run_folder=tmp_path / "cut"))
    train(composed(*settings, "data.keep_on_device=true", "resume=auto", run_folder=tmp_path / "cut"))
    assert differences(outcome(tmp_path / "cut"), outcome(tmp_path / "whole")) == []


def test_a_batch_is_cut_on_the_device_of_the_samples():
    kept = kept_samples(samples(), META, True, workers=0)
    x, y = kept[torch.tensor([3, 1], device=META)]
    assert (x.shape, x.device, y.shape, y.device) == ((2, 2), META, (2,), META)
    assert len(kept) == 10


def test_the_batches_are_those_of_the_sampler_brought_over_at_once():
    plain = EpochBatches(10, 4, seed=1)
    kept = KeptBatches(EpochBatches(10, 4, seed=1), CPU)
    for epoch in (0, 1):
        plain.set_epoch(epoch)
        kept.set_epoch(epoch)
        assert [rows.tolist() for rows in kept] == list(plain)
    assert len(kept) == len(plain)
    assert len({rows.untyped_storage().data_ptr() for rows in kept}) == 1
    assert [rows.tolist() for rows in KeptBatches(EvenBatches(5, 2), CPU)] == list(EvenBatches(5, 2))


def test_an_epoch_of_which_nothing_is_left_has_no_batches():
    done = EpochBatches(10, 5, position=lambda: (0, 10))
    assert list(KeptBatches(done, CPU)) == []


def test_several_inputs_arrays_and_some_samples_alone_are_kept_too(monkeypatch):
    parts = [np.arange(12, dtype=np.float32).reshape(6, 2)]
    split = Split(Together({"a": ArrayRows(parts, np.arange(6)[::-1])}, 6), torch.arange(6))
    monkeypatch.setattr(module, "ROWS", 2)  # read in two goes
    kept = kept_samples(Subset(split, [5, 2, 0]), CPU, True, workers=0)
    x, y = kept[torch.tensor([0, 2])]
    assert x["a"].tolist() == [[0, 1], [10, 11]]
    assert y.tolist() == [5, 0]


@pytest.mark.parametrize(
    ("setting", "device", "free", "workers", "expected"),
    [
        ("auto", CPU, 0, 0, False),
        (True, CPU, 0, 0, True),
        (False, GPU, 10**9, 0, False),
        ("auto", GPU, 10**9, 0, True),
        ("auto", GPU, 10**9, 2, False),
        ("auto", GPU, 900, 0, False),  # 240 bytes are more than a quarter
        ("auto", GPU, 960, 0, True),
        (True, GPU, 300, 0, True),
    ],
)
def test_they_are_kept_where_they_fit_well(monkeypatch, setting, device, free, workers, expected):
    on_meta_as_a_gpu(monkeypatch, free)
    assert (kept_samples(samples(), device, setting, workers) is not None) is expected


def test_more_than_is_free_is_one_line(monkeypatch):
    on_meta_as_a_gpu(monkeypatch, 200)
    line = (
        r"^data.keep_on_device: got true, but there are 0.0 GiB of samples, and 0.0 GiB of cuda:0 are free; allowed: "
    )
    with pytest.raises(InputError, match=line):
        kept_samples(samples(), GPU, True, workers=0)


def test_what_is_read_batch_by_batch_or_by_workers_is_one_line():
    check_kept(samples(), True, 0)
    check_kept(object(), "auto", 2)
    with pytest.raises(InputError, match=r"^data.keep_on_device: got true, but these samples are read batch by batch"):
        check_kept(object(), True, 0)
    with pytest.raises(InputError, match=r"but workers do not reach it; allowed with data.num_workers=2: false$"):
        check_kept(samples(), True, 2)


def test_a_run_that_cannot_keep_them_ends_before_it_begins(tmp_path, composed):
    with pytest.raises(InputError, match=r"^data.keep_on_device: got true, but workers do not reach it"):
        train(composed(*BASE, "data.keep_on_device=true", "data.num_workers=2", run_folder=tmp_path))


class Data(BatchedDataModule):
    """A split that nobody else makes."""


@pytest.mark.parametrize(
    ("device", "keeps", "pins", "brought"),
    [(CPU, False, False, 0), (CPU, True, False, 1), (GPU, False, True, 0), (GPU, "auto", False, 1)],
)
def test_samples_are_brought_over_once_and_what_is_sent_to_a_gpu_is_pinned(monkeypatch, device, keeps, pins, brought):
    on_meta_as_a_gpu(monkeypatch, 10**9)
    real, calls = module.KeptSamples, []
    monkeypatch.setattr(module, "KeptSamples", lambda parts: calls.append(parts) or real(parts))
    data = Data(keep_on_device=keeps, batch_size=4)
    data.splits = {"train": samples(), "val": samples()}
    strategy = SimpleNamespace(root_device=device)
    data.trainer = SimpleNamespace(strategy=strategy, overfit_batches=0, global_rank=0, world_size=1)
    loaders = [data.val_dataloader(), data.val_dataloader()]
    assert [loader.pin_memory for loader in loaders] == [pins, pins]
    assert len(calls) == brought


def test_what_is_there_is_not_sent_again(monkeypatch):
    there = torch.zeros(2, device=META)
    data = Data()
    assert data.transfer_batch_to_device([there, there], META, 0)[0] is there
    moved = data.transfer_batch_to_device([torch.zeros(2), torch.zeros(2)], META, 0)
    assert moved[0].device == META
