"""Shards are written whole or not at all, and what was begun goes on."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from epochwise.data.shards.shard_folder import read_shard_folder
from epochwise.data.shards.shard_rows import ShardRows
from epochwise.input_error import InputError
from epochwise.shards import row_source, write_shards
from epochwise.shards.__main__ import checked, made, main
from epochwise.shards.picture_source import PictureSource

SMALL = "shard_mb=0.006"
# Python 3.12 and later warn of a fork in a process that has threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


@pytest.fixture
def pets(tmp_path):
    """13 cats and 17 dogs of 0.7 kB each."""
    random = np.random.default_rng(0)
    for name, count in (("cat", 13), ("dog", 17)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(count):
            picture = Image.fromarray(random.integers(0, 256, (14, 16, 3), dtype=np.uint8))
            picture.save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def contents(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def refused(*words):
    with pytest.raises(InputError) as error:
        main(list(map(str, words)))
    return " ".join(error.value.lines)


def test_every_sample_stands_in_one_split(pets, tmp_path):
    said = made(str(pets), str(tmp_path / "out"), [SMALL])
    folder = read_shard_folder(str(tmp_path / "out"), "data.path")
    assert "20 train, 5 val, 5 test samples in 5 shards" in said
    assert said.endswith(f"\nnext: python train.py data=stream data.path={tmp_path}/out task=classification")
    assert [len(shards) for shards in folder.splits.values()] == [3, 1, 1]
    assert folder.spec["class_names"] == ["cat", "dog"]
    assert "all as they were written" in checked(str(tmp_path / "out"))


@pytest.mark.parametrize("cut_in", [1, 3, 5])
def test_what_was_cut_off_goes_on_and_ends_as_if_it_had_not(pets, tmp_path, monkeypatch, cut_in):
    made(str(pets), str(tmp_path / "whole"), [SMALL])
    write, shards = PictureSource.write, []

    def cut(self, writer, split, start, stop):
        shards.append(split)
        if len(shards) == cut_in:
            writer.file.write(b"half a shard")
            os._exit(9)
        return write(self, writer, split, start, stop)

    if (child := os.fork()) == 0:
        monkeypatch.setattr(PictureSource, "write", cut)
        made(str(pets), str(tmp_path / "cut"), [SMALL])
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert f"half-made, {cut_in - 1} of 5 shards" in refused(tmp_path / "cut")
    before = {name: (tmp_path / "cut" / name).stat().st_mtime_ns for name in contents(tmp_path / "cut") if "-" in name}
    made(str(pets), str(tmp_path / "cut"), [SMALL])
    assert contents(tmp_path / "cut") == contents(tmp_path / "whole")
    kept = [
        name for name, at in before.items() if name[0] != "." and (tmp_path / "cut" / name).stat().st_mtime_ns == at
    ]
    assert len(kept) == cut_in - 1


@pytest.mark.long
def test_a_killed_command_goes_on(tmp_path):
    rows = np.random.default_rng(0).normal(size=(60_000, 8))
    pd.DataFrame(rows, columns=list("abcdefgt")).to_csv(tmp_path / "rows.csv", index=False)
    words = [sys.executable, "-m", "epochwise.shards", str(tmp_path / "rows.csv")]
    words += [str(tmp_path / "out"), "target=t", "kind=number", "shard_mb=0.03"]
    begun = subprocess.Popen(words, stdout=subprocess.PIPE)
    while not list((tmp_path / "out").glob("train-0000[3-9].arrow")) and begun.poll() is None:
        time.sleep(0.01)
    begun.send_signal(signal.SIGKILL)
    begun.communicate()
    assert not (tmp_path / "out" / "shards.json").exists()
    assert subprocess.run(words, check=True, capture_output=True).returncode == 0
    assert "42,000 train, 9,000 val, 9,000 test samples" in checked(str(tmp_path / "out"))


def test_a_half_made_folder_is_not_gone_on_with_for_other_samples(pets, tmp_path, monkeypatch):
    monkeypatch.setattr(PictureSource, "prepare", lambda self: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        made(str(pets), str(tmp_path / "out"), [SMALL])
    assert "half-made" in refused(pets, tmp_path / "out", "shard_mb=1")
    assert "half-made, 0 of ? shards" in refused(tmp_path / "out")


def test_the_same_again_writes_nothing_and_other_settings_are_refused(pets, tmp_path):
    made(str(pets), str(tmp_path / "out"), [SMALL])
    before = (tmp_path / "out" / "train-00000.arrow").stat().st_mtime_ns
    assert "written before" in made(str(pets), str(tmp_path / "out"), [SMALL])
    assert (tmp_path / "out" / "train-00000.arrow").stat().st_mtime_ns == before
    assert "other samples or settings" in refused(pets, tmp_path / "out", SMALL, "val_fraction=0.3")


def test_the_time_that_is_left_is_reckoned_from_what_is_written_now(monkeypatch, capsys):
    clock = [0.0]
    monkeypatch.setattr(write_shards, "monotonic", lambda: clock[0])
    tells = write_shards.Telling(1000)
    tells.count(1, 10, 800, is_new=False)
    clock[0] = 10.0
    tells.count(2, 10, 100, is_new=True)
    assert capsys.readouterr().err == "2 of 10 shards, 900 of 1,000 samples, about 10 s left\n"


def test_a_folder_may_have_an_equals_sign_in_its_name(pets, tmp_path):
    main([str(pets), str(tmp_path / "day=1"), SMALL])
    assert (tmp_path / "day=1" / "shards.json").exists()


def test_a_picture_that_cannot_be_read_is_named_or_left_out(pets, tmp_path, capsys):
    (pets / "cat" / "3.png").write_bytes(b"no picture")
    assert "cat/3.png: not a readable picture" in refused(pets, tmp_path / "out")
    made(str(pets), str(tmp_path / "skip"), ["on_error=skip"])
    folder = read_shard_folder(str(tmp_path / "skip"), "data.path")
    assert sum(map(folder.num_samples, folder.splits)) == 29
    assert len(folder.skipped) == 1
    assert "left out: " in capsys.readouterr().err


def test_a_damaged_shard_is_named(pets, tmp_path):
    made(str(pets), str(tmp_path / "out"), [SMALL])
    file = tmp_path / "out" / "train-00001.arrow"
    whole = bytearray(file.read_bytes())
    whole[2000] ^= 1
    file.write_bytes(whole)
    assert refused(tmp_path / "out") == f"{file}: damaged, its checksum is another"
    file.write_bytes(whole[:-10])
    assert "shard train-00001.arrow has" in refused(tmp_path / "out")
    file.unlink()
    assert "shard train-00001.arrow is missing" in refused(tmp_path / "out")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pets"], "allowed: a folder of shards"),
        (["pets", "out", "target=x"], "target: no such setting"),
        (["pets", "out", "val_fraction=2"], "val_fraction: got 2"),
        (["pets", "out", "on_eror=skip"], "did you mean 'on_error'?"),
        (["pets", "out", "shard_mb=0"], "shard_mb: got 0"),
        (["pet", "out"], "did you mean 'pets'?"),
        (["pets", "pets"], "holds other files"),
        (["pets/cat/0.png", "out"], "allowed: a folder of pictures, or a .csv or .parquet file"),
        (["rows.csv", "out", "target=c"], "no such column"),
        (["pets", "out", "more"], "got 3 paths"),
        (["pets", "out", "--shard_mb=3"], "--shard_mb=3: no such flag; settings are KEY=VALUE"),
    ],
)
def test_bad_words_are_one_line_and_leave_nothing(pets, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1, 2], "b": [1, 2]}).to_csv("rows.csv")
    assert said in refused(*words)
    assert not (tmp_path / "out").exists()


def test_rows_are_taken_from_a_table_of_many_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(row_source, "CHUNK", 50)
    frame = pd.DataFrame({"a": np.arange(333.0), "t": np.arange(333.0)})
    frame.to_parquet(tmp_path / "rows.parquet")
    said = made(str(tmp_path / "rows.parquet"), str(tmp_path / "out"), ["target=t", "kind=number"])
    assert said.endswith("task=regression")
    assert not (tmp_path / "out" / ".rows").exists()
    folder = read_shard_folder(str(tmp_path / "out"), "data.path")
    seen = []
    for shards in folder.splits.values():
        rows = ShardRows(folder.path, shards, folder.rows_a_batch)
        x, y = rows.read(range(len(rows)))
        spread = folder.learned["columns"]["a"]
        assert np.allclose(x[:, 0] * spread["std"] + spread["mean"], y, atol=1e-3)
        seen += y.tolist()
    assert sorted(seen) == list(range(333))
