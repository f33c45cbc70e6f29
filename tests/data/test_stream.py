"""Samples in shards: the order of data in memory, on any number of workers, and one line where something is wrong."""

import json

import numpy as np
import pandas as pd
import pytest
import torch

from epochwise.data.image_folder import ImageFolder
from epochwise.data.shards import shard_rows
from epochwise.data.stream import Stream
from epochwise.data.table import Table
from epochwise.input_error import InputError
from epochwise.shards import row_source
from epochwise.shards.__main__ import made

# Python 3.12 and later warn of a fork in a process that has threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture
def pets(tmp_path, write_pictures):
    """20 cats and 30 dogs in a folder, and in shards."""
    write_pictures(tmp_path / "pets" / "cat", 20, mode="L", size=(20, 15))
    write_pictures(tmp_path / "pets" / "dog", 30, suffix=".jpg")
    made(str(tmp_path / "pets"), str(tmp_path / "shards"), ["shard_mb=0.004"])
    return tmp_path


@pytest.fixture
def rows(tmp_path):
    """200 rows in shards: number ``t`` of each is its place in the table."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200), "b": random.choice(["x", "y"], 200), "t": np.arange(200.0)})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    made(str(tmp_path / "rows.csv"), str(tmp_path / "shards"), ["target=t", "kind=number"])
    return tmp_path


def ready(folder, made_by=Stream, **settings):
    data = made_by(**({"batch_size": 8, "num_workers": 0} | settings), **folder)
    data.setup()
    return data


def epoch(data, number=0):
    loader = data.train_dataloader()
    loader.sampler.set_epoch(number)
    return [(x.clone(), y.clone()) for x, y in loader]


def same(ours, theirs):
    return len(ours) == len(theirs) and all(
        torch.equal(a, b) for pair in zip(ours, theirs, strict=True) for a, b in zip(*pair, strict=True)
    )


def test_pictures_in_shards_are_those_of_the_folder(pets):
    folder = ready({"root": str(pets / "pets")}, ImageFolder, image_size=8)
    stream = ready({"path": str(pets / "shards")}, image_size=8)
    assert (stream.spec, stream.learned) == (folder.spec, folder.learned)
    assert same(epoch(stream, 3), epoch(folder, 3))
    for split in ("val", "test"):
        assert same(list(stream.split_dataloader(split)), list(folder.split_dataloader(split)))
        assert stream.sample_names(split) == folder.sample_names(split)
        assert torch.equal(stream.splits[split].datasets[1], folder.splits[split].datasets[1])


@pytest.mark.parametrize("kind", ["number", "class"])
def test_rows_in_shards_are_those_of_the_table(tmp_path, kind):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=150), "b": random.choice(["x", "y"], 150)})
    frame["d"] = pd.date_range("2024-01-01", periods=150).astype(str)
    frame["t"] = random.choice([3, 5], 150) if kind == "class" else random.normal(size=150)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    made(str(tmp_path / "rows.csv"), str(tmp_path / "shards"), ["target=t", f"kind={kind}", "dates=[d]"])
    table = ready({"path": str(tmp_path / "rows.csv")}, Table, target="t", kind=kind, dates=["d"])
    stream = ready({"path": str(tmp_path / "shards")})
    assert stream.spec == table.spec
    assert same(epoch(stream, 1), epoch(table, 1))
    assert same(list(stream.test_dataloader()), list(table.test_dataloader()))
    names, loader = stream.predict_data(str(tmp_path / "rows.csv"))
    assert torch.equal(torch.cat(list(loader)), torch.cat(list(table.predict_data(str(tmp_path / "rows.csv"))[1])))
    assert len(names) == 150


@pytest.mark.parametrize("window", [16, 40, 1000])
def test_each_epoch_gives_every_sample_once_in_another_order(rows, window):
    stream = ready({"path": str(rows / "shards")}, window=window)
    stream.folder = stream.folder.__class__(**{**vars(stream.folder), "block": 16})
    orders = [torch.cat([y for _, y in epoch(stream, number)]).tolist() for number in range(2)]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1]) == sorted(stream.splits["train"].y.every().tolist())


def test_workers_read_the_same_batches(pets):
    one, two = (ready({"path": str(pets / "shards")}, image_size=8, num_workers=number) for number in (0, 2))
    assert same(epoch(one, 1), epoch(two, 1))


def test_what_was_learned_goes_with_the_checkpoint(pets):
    stream = ready({"path": str(pets / "shards")}, image_size=8)
    other = Stream(path=str(pets / "shards"), image_size=8, num_workers=0)
    other.load_state_dict(json.loads(json.dumps(stream.state_dict())) | {"learned": {"mean": [0.0], "std": [1.0]}})
    other.setup()
    assert other.learned == {"mean": [0.0], "std": [1.0]}
    assert other.spec.class_names == stream.spec.class_names


def test_files_that_are_closed_are_opened_again(pets, monkeypatch):
    monkeypatch.setattr(shard_rows, "MOST_OPEN", 1)
    stream = ready({"path": str(pets / "shards")}, image_size=8)
    assert len(stream.folder.splits["train"]) > 2
    assert sum(len(y) for _, y in epoch(stream)) == 34
    assert len(stream.splits["train"].x.rows._open) == 1


def test_rows_that_are_dropped_are_read_again(rows, monkeypatch):
    whole = epoch(ready({"path": str(rows / "shards")}))
    monkeypatch.setattr(row_source, "BLOCK_BYTES", 1)  # 16 rows a record batch, and so 9 of them
    made(str(rows / "rows.csv"), str(rows / "small"), ["target=t", "kind=number"])
    monkeypatch.setattr(shard_rows, "MOST_KEPT", 1)
    stream = ready({"path": str(rows / "small")})
    assert same(epoch(stream), whole)
    assert len(stream.splits["train"].x.rows._kept) == 1


def test_other_window_or_shards_are_another_order(rows):
    stream = ready({"path": str(rows / "shards")})
    other = ready({"path": str(rows / "shards")}, window=16)
    assert stream.digests()["order"] != other.digests()["order"]
    assert stream.digests()["held_out"] == other.digests()["held_out"]


def test_a_damaged_sample_names_its_shard(pets):
    stream = ready({"path": str(pets / "shards")}, image_size=8)
    file = pets / "shards" / "train-00000.arrow"
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(InputError, match=r"train-00000.arrow: damaged, record batch \d+ \(counted from 0\)"):
        epoch(stream)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image_size": 16}, "data.image_size: got 16, but .* holds rows of a table"),
        ({"fit": "pad"}, "data.fit: got 'pad'"),
    ],
)
def test_a_setting_of_pictures_is_refused_for_rows(rows, settings, said):
    with pytest.raises(InputError, match=said):
        ready({"path": str(rows / "shards")}, **settings)


def test_what_is_read_batch_by_batch_is_not_kept_on_a_device(rows):
    stream = ready({"path": str(rows / "shards")}, keep_on_device=True)
    with pytest.raises(InputError, match=r"data\.keep_on_device: got true, but these samples are read batch by batch"):
        stream.train_dataloader()


def test_a_network_of_other_rows_is_told_so(rows):
    stream = ready({"path": str(rows / "shards")})
    state = stream.state_dict()
    state["learned"]["columns"]["a"]["mean"] += 1
    with pytest.raises(InputError, match="encoded by other training rows"):
        ready({"path": str(rows / "shards")}).load_state_dict(state)


def test_folds_of_shards_are_refused_with_what_has_them(typed):
    code, _, err = typed("crossval.py", "data=stream", "data.path=shards")
    assert code == 2
    assert err.startswith(
        "data: shards were cut when they were written, so there are no folds; allowed: their source: "
    )
    assert err.endswith("data=image_folder data.root=FOLDER, or data=image_table, data=table data.path=FILE\n")
    assert err.count("\n") == 1


def test_a_folder_without_shards_is_one_line(tmp_path):
    with pytest.raises(InputError, match=r"has no shards\.json; allowed: a folder of shards"):
        ready({"path": str(tmp_path)})


def test_an_epoch_of_some_samples_goes_on_where_the_one_before_ended(rows):
    stream = ready({"path": str(rows / "shards")}, samples_per_epoch=56)
    epochs = [torch.cat([y for _, y in epoch(stream, number)]).tolist() for number in range(5)]
    assert [len(each) for each in epochs] == [56] * 5
    assert sorted(np.concatenate(epochs)[:140].tolist()) == sorted(stream.splits["train"].y.every().tolist())
    assert stream.num_samples == {"train": 56, "val": 30, "test": 30}
    assert stream.spec.num_train == 140
    assert stream.an_epoch_is == "the next of passes over 140 samples, each 2.5 epochs long"


def test_samples_that_are_not_shuffled_come_in_their_order(rows):
    stream = ready({"path": str(rows / "shards")}, shuffle=False, samples_per_epoch=56)
    epochs = [torch.cat([y for _, y in epoch(stream, number)]).tolist() for number in range(3)]
    assert np.concatenate(epochs)[:140].tolist() == stream.splits["train"].y.every().tolist()
