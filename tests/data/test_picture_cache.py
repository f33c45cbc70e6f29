import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.data.image_folder import ImageFolder
from epochwise.data.masks import Masks
from epochwise.data.pictures import sized_pictures
from epochwise.data.pictures.picture_cache import DiskCache, MemoryCache
from epochwise.data.pictures.picture_files import PictureFiles
from epochwise.data.pictures.picture_view import PictureView
from epochwise.input_error import InputError

# Python 3.12 and later warn of a fork in a process that has threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")
SHAPE = (3, 8, 8)


@pytest.fixture(params=["memory", "disk"])
def cache(request, tmp_path):
    return (
        MemoryCache(2**20)
        if request.param == "memory"
        else DiskCache(str(tmp_path / "cache" / "pictures.sqlite"), 2**24)
    )


def folder(root, **settings):
    data = ImageFolder(**{"root": str(root), "image_size": 8, "batch_size": 8, "num_workers": 0, **settings})
    data.setup()
    return data


def batches(data):
    """Two epochs of training batches and those of validation."""
    loaders = (data.train_dataloader(), data.train_dataloader(), data.val_dataloader())
    return [tensor for loader in loaders for batch in loader for tensor in batch]


@pytest.mark.parametrize("kind", ["memory", "disk"])
def test_a_cache_changes_no_batch(pets, tmp_path, kind):
    kept = folder(pets, cache=kind, cache_folder=str(tmp_path / "cache"))
    expected, found = batches(folder(pets)), batches(kept)
    assert all(torch.equal(a, b) for a, b in zip(expected, found, strict=True))


def test_workers_fill_one_cache_on_the_disk_and_read_the_same_from_it(pets, tmp_path):
    given = {"cache": "disk", "cache_folder": str(tmp_path / "cache"), "num_workers": 2}
    expected = batches(folder(pets))
    for _ in range(2):
        assert all(torch.equal(a, b) for a, b in zip(expected, batches(folder(pets, **given)), strict=True))


def test_a_picture_is_decoded_once(pets, cache):
    paths = [str(path) for path in sorted(pets.rglob("*.jpg"))]
    files, read = PictureFiles(paths, SHAPE, kept=cache), []
    decode = files._read
    files._read = lambda path: read.append(path) or decode(path)
    first = files[[0, 1, 1, 2]]
    assert torch.equal(files[[0, 1, 1, 2]], first)
    assert sorted(read) == paths[:3]


@pytest.mark.long
def test_another_process_finds_the_pictures_of_the_disk(pets, tmp_path):
    data = folder(pets, cache="disk", cache_folder=str(tmp_path), val_fraction=0.5)
    asked = f"""
from epochwise.data.image_folder import ImageFolder
data = ImageFolder(root={str(pets)!r}, image_size=8, cache="disk", cache_folder={str(tmp_path)!r}, val_fraction=0.5)
data.setup()
samples = data.splits["train"]
samples.datasets[0]._read = None  # nothing is to be decoded
print(samples[list(range(len(samples)))][0].sum().item())
"""
    train = data.splits["train"]
    expected = train[list(range(len(train)))][0].sum().item()
    found = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert int(found.stdout) == expected


def test_a_picture_that_was_changed_is_read_anew(tmp_path, cache):
    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8), "red").save(path)
    files = PictureFiles([str(path)], SHAPE, kept=cache)
    assert files[[0]][0, 0].min() == 255
    Image.new("RGB", (8, 8), "blue").save(path)
    os.utime(path, ns=(1, 1))
    assert files[[0]][0, 2].min() == 255


def test_other_views_and_sizes_are_other_pictures(tmp_path, cache):
    Image.fromarray(np.arange(24 * 8 * 3, dtype=np.uint8).reshape(8, 24, 3)).save(tmp_path / "wide.png")
    for shape in (SHAPE, (1, 8, 8), (3, 16, 8)):
        for view in (PictureView("crop"), PictureView("squash"), PictureView("pad", (255, 0, 0))):
            alone = PictureFiles([str(tmp_path / "wide.png")], shape, view)[[0]]
            assert torch.equal(PictureFiles([str(tmp_path / "wide.png")], shape, view, cache)[[0]], alone)


def test_what_is_beyond_the_bound_is_read_each_time(pets, tmp_path, caplog):
    paths, shape = [str(path) for path in sorted(pets.rglob("*.jpg"))], (3, 64, 64)
    expected = PictureFiles(paths, shape)[list(range(30))]
    for cache in (MemoryCache(10 * 3 * 64 * 64), DiskCache(str(tmp_path / "pictures.sqlite"), 2**18)):
        files = PictureFiles(paths, shape, kept=cache)
        for _ in range(2):
            assert torch.equal(torch.cat([files[[index]] for index in range(30)]), expected)
        assert caplog.text.count("full;") + caplog.text.count("full)") == 1
        caplog.clear()
    assert (tmp_path / "pictures.sqlite").stat().st_size <= 2**18


@pytest.mark.long
def test_a_kill_while_it_is_filled_leaves_the_cache_of_the_disk_whole(pets, tmp_path):
    filling = f"""
import itertools, os
from pathlib import Path
from epochwise.data.pictures.picture_cache import DiskCache
from epochwise.data.pictures.picture_files import PictureFiles
paths = sorted(map(str, Path({str(pets)!r}).rglob("*.jpg")))
files = PictureFiles(paths, (3, 64, 64), kept=DiskCache({str(tmp_path / "pictures.sqlite")!r}, 2**24))
for index in itertools.count():
    if index == 5:
        print("begun", flush=True)
    os.utime(paths[index % 30], ns=(index, index))
    files[[index % 30]]
"""
    with subprocess.Popen([sys.executable, "-c", filling], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "begun\n"
        process.send_signal(signal.SIGKILL)
    paths = [str(path) for path in sorted(pets.rglob("*.jpg"))]
    files = PictureFiles(paths, (3, 64, 64), kept=DiskCache(str(tmp_path / "pictures.sqlite"), 2**24))
    for _ in range(2):
        assert torch.equal(files[list(range(30))], PictureFiles(paths, (3, 64, 64))[list(range(30))])


def test_masks_are_kept_with_their_pictures(tmp_path, write_pictures):
    write_pictures(tmp_path / "pictures", 12, suffix=".jpg")
    (tmp_path / "masks").mkdir()
    for number, path in enumerate(sorted((tmp_path / "pictures").iterdir())):
        with Image.open(path) as picture:
            shape = picture.size[::-1]
        mask = np.random.default_rng(number).integers(0, 2, shape, dtype=np.uint8)
        Image.fromarray(mask).save(tmp_path / "masks" / f"{path.stem}.png")
    given = {"root": str(tmp_path), "classes": {"ground": 0, "icon": 1}, "image_size": 8, "num_workers": 0}
    plain, kept = Masks(**given), Masks(**given, cache="memory")
    plain.setup()
    kept.setup()
    assert all(torch.equal(a, b) for a, b in zip(batches(plain), batches(kept), strict=True))
    seen = len(plain.splits["train"]) + len(plain.splits["val"])
    assert len(kept.kept.found) == 2 * seen + 1  # and a first picture of test, whose shape was asked for


def test_a_folder_that_cannot_be_made_is_named(pets, tmp_path):
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(InputError, match=r"^data\.cache_folder: .*cannot be used"):
        folder(pets, cache="disk", cache_folder=str(tmp_path / "cache"))


@pytest.mark.parametrize("damage", ["its end", "the rest", "all of it"])
def test_a_cache_that_was_damaged_is_warned_of_once_and_not_used(pets, tmp_path, caplog, damage):
    paths, shape, file = [str(path) for path in sorted(pets.rglob("*.jpg"))], (3, 64, 64), tmp_path / "pictures.sqlite"
    expected = PictureFiles(paths, shape)[list(range(30))]
    files = PictureFiles(paths, shape, kept=DiskCache(str(file), 2**24))
    assert torch.equal(files[list(range(30))], expected)
    whole = file.read_bytes()
    if damage == "all of it":
        file.unlink()
    else:
        file.write_bytes(whole[: 2**17] + (b"\xff" * (len(whole) - 2**17) if damage == "the rest" else b""))
    for _ in range(2):
        assert torch.equal(files[list(range(30))], expected)
    assert caplog.text.count("data.cache: ") == 1
    assert "pictures.sqlite" in caplog.text


def test_what_another_way_of_reading_kept_is_not_taken_up(pets, cache, monkeypatch):
    path = str(next(pets.rglob("*.jpg")))
    files = PictureFiles([path], SHAPE, kept=cache)
    expected = files[[0]]
    files._read = lambda _: torch.zeros(SHAPE, dtype=torch.uint8)
    assert torch.equal(files[[0]], expected)
    monkeypatch.setattr("epochwise.data.pictures.picture_cache.READING", -1)
    assert files[[0]].sum() == 0


def test_a_batch_belongs_to_whoever_asked_for_it(pets, cache):
    files = PictureFiles([str(path) for path in pets.rglob("*.jpg")], SHAPE, kept=cache)
    expected = files[[0, 1]].clone()
    for _ in range(2):
        batch = files[[0, 1]]
        assert torch.equal(batch, expected)
        batch.zero_()


def test_a_picture_is_looked_at_before_the_first_run_alone_and_again_where_it_was_changed(pets, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(sized_pictures, "unreadable_pictures", lambda paths: looked.append(len(paths)) or {})
    given = {"cache": "disk", "cache_folder": str(tmp_path / "cache")}
    folder(pets, **given)
    folder(pets, **given, fit="pad")
    os.utime(pets / "dog" / "3.jpg", (1, 1))
    folder(pets, **given)
    folder(pets)
    assert looked == [50, 0, 1, 50]


def test_a_picture_that_cannot_be_read_is_found_by_every_run(pets, tmp_path):
    (pets / "dog" / "3.jpg").write_bytes(b"no picture")
    for _ in range(2):
        with pytest.raises(InputError, match=r"3\.jpg: not a readable picture"):
            folder(pets, cache="disk", cache_folder=str(tmp_path / "cache"))


@pytest.mark.parametrize("spoil", ["full", "damaged"])
def test_where_nothing_can_be_kept_each_picture_is_looked_at(pets, tmp_path, spoil):
    cache = DiskCache(str(tmp_path / "pictures.sqlite"), 1)
    if spoil == "damaged":
        (tmp_path / "pictures.sqlite").write_bytes(b"no database" * 20_000)
    else:
        cache.max_pages = 1
    paths = [str(path) for path in pets.rglob("*.jpg")]
    cache.keep_checked(list(cache.unchecked(paths).values()))
    assert list(cache.unchecked(paths)) == paths
