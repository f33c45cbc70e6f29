import numpy as np
import pytest
import torch

from epochwise.data.arrays import Arrays
from epochwise.input_error import InputError

RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (60, 6, 5), dtype=np.uint8)
ROWS = RANDOM.normal(3, 2, (60, 4))
CLASSES = np.tile([3, 7, 9], 20)


@pytest.fixture
def ready(tmp_path):
    """Write arrays and set up data of them."""

    def make(arrays, folder=False, **settings):
        place = tmp_path / ("arrays" if folder else "arrays.npz")
        if folder:
            place.mkdir()
            for name, array in arrays.items():
                np.save(place / f"{name}.npy", array)
        else:
            np.savez(place, **arrays)
        data = Arrays(path=str(place), **settings)
        data.setup()
        return data

    return make


def whole(data, split="train"):
    return data.on_after_batch_transfer(data.splits[split][list(range(data.num_samples[split]))])


@pytest.mark.parametrize("folder", [False, True])
def test_arrays_are_samples(ready, folder):
    data = ready({"x": ROWS, "y": CLASSES}, folder)
    assert (data.spec.target, data.spec.input_shape, data.spec.class_names) == ("class", (4,), ["3", "7", "9"])
    assert data.num_samples == {"train": 42, "val": 9, "test": 9}
    for split in data.splits:
        x, y = data.splits[split][[0, 1]]
        rows = [int(name) for name in data.sample_names(split)[:2]]
        torch.testing.assert_close(x, torch.from_numpy(ROWS[rows]).float())
        assert [data.spec.class_names[index] for index in y] == [str(value) for value in CLASSES[rows]]
    assert whole(data)[0].mean(dim=0).tolist() == pytest.approx([0] * 4, abs=1e-5)


def test_a_folder_of_arrays_is_mapped_and_not_read(ready):
    data = ready({"x": ROWS, "y": CLASSES}, folder=True)
    assert all(isinstance(part, np.memmap) for part in data.stored[""])


@pytest.mark.parametrize("names", ["{0}_{1}", "{1}_{0}"])
def test_splits_are_published_as_keras_users_have_them(ready, names):
    arrays = {names.format("x", split): PICTURES[:30] for split in ("train", "test")}
    arrays |= {names.format("y", split): CLASSES[:30] for split in ("train", "test")}
    data = ready(arrays, val_fraction=0.2)
    assert data.num_samples == {"train": 24, "val": 6, "test": 30}
    assert data.spec.input_shape == (1, 6, 5)
    torch.testing.assert_close(data.splits["test"][[4]][0], torch.from_numpy(PICTURES[[4]])[:, None])


@pytest.mark.parametrize(
    ("x", "shape"),
    [
        (PICTURES, (1, 6, 5)),
        (np.stack([PICTURES] * 3, axis=3), (3, 6, 5)),
        (np.stack([PICTURES] * 3, axis=1), (3, 6, 5)),
        (PICTURES.astype("float32"), (6, 5)),
        (np.arange(60), (1,)),
    ],
)
def test_bytes_are_pictures_with_their_channels_first(ready, x, shape):
    data = ready({"x": x, "y": CLASSES})
    assert data.spec.input_shape == shape
    assert data.splits["val"][[0, 1]][0].dtype == (torch.uint8 if x.dtype == np.uint8 else torch.float32)


def test_several_inputs_come_by_name_each_standardised(ready):
    data = ready({"photo": PICTURES, "age": ROWS, "y": CLASSES}, x={"picture": "photo", "rows": "age"})
    assert data.spec.input_shapes == {"picture": (1, 6, 5), "rows": (4,)}
    batch = next(iter(data.train_dataloader()))
    assert batch[0]["picture"].dtype == torch.uint8  # a quarter of the bytes on their way to the device
    x, _ = data.on_after_batch_transfer(batch)
    assert x["picture"].shape == (42, 1, 6, 5)
    for each in (x["rows"], x["picture"].flatten()[:, None]):
        assert each.mean(dim=0).tolist() == pytest.approx([0] * each.shape[1], abs=1e-5)
        assert each.std(dim=0, correction=0).tolist() == pytest.approx([1] * each.shape[1], abs=1e-4)


@pytest.mark.parametrize(
    ("y", "settings", "outputs"),
    [
        (ROWS[:, 0], {"kind": "number"}, 1),
        (ROWS[:, :1], {"kind": "number"}, 1),
        (ROWS[:, :3], {"kind": "number"}, 3),
        (RANDOM.integers(0, 2, (60, 5)), {"kind": "labels", "class_names": list("abcde")}, 5),
        (np.array(["yes", "no", "no"] * 20), {}, 2),
        (CLASSES % 2, {"class_names": ["even", "odd", "neither"]}, None),
    ],
)
def test_targets_of_each_kind(ready, y, settings, outputs):
    if outputs is None:
        with pytest.raises(InputError, match=r"class 'neither' is too small|class 'even'"):
            ready({"x": ROWS, "y": y}, **settings)
        return
    data = ready({"x": ROWS, "y": y}, **settings)
    assert data.spec.num_outputs == outputs


def test_masks_are_counted_over_the_training_split(ready):
    masks = RANDOM.choice([0, 1, 2, 255], (60, 6, 5))
    data = ready({"x": PICTURES, "y": masks}, kind="mask", ignore=[255], class_names=["ground", "cat", "dog"])
    _, y = data.splits["train"][list(range(42))]
    assert (y.dtype, y.shape) == (torch.int64, (42, 6, 5))
    assert data.spec.class_counts == [int((y == index).sum()) for index in range(3)]
    assert (y == -100).sum() == (masks[[int(name) for name in data.sample_names("train")]] == 255).sum()


def test_groups_stay_together(ready):
    data = ready({"x": ROWS, "y": ROWS[:, 0], "patient": np.arange(60) // 4}, kind="number", groups="patient")
    patients = {split: {int(name) // 4 for name in data.sample_names(split)} for split in data.splits}
    assert not patients["train"] & patients["val"]


def test_own_arrays_are_predicted_with_what_was_learned(ready, tmp_path):
    trained = ready({"x": ROWS, "y": CLASSES})
    np.save(tmp_path / "own.npy", ROWS[:5])
    fresh = Arrays()
    fresh.load_state_dict(trained.state_dict())
    names, loader = fresh.predict_data(str(tmp_path / "own.npy"))
    assert names == ["0", "1", "2", "3", "4"]
    expected = trained.on_after_batch_transfer(torch.from_numpy(ROWS[:5]).float())
    torch.testing.assert_close(fresh.on_after_batch_transfer(next(iter(loader))), expected)


@pytest.mark.parametrize(
    ("arrays", "settings", "message"),
    [
        ({"x": ROWS, "y": CLASSES[:-1]}, {}, r"^data: arrays of other lengths in train: x has 60, y has 59$"),
        ({"images": ROWS, "y": CLASSES}, {"x": "image"}, r"^data.x: no array 'image'.*; did you mean 'images'\?$"),
        ({"x": ROWS, "label": CLASSES}, {"y": "labels"}, r"^data.y: no array 'labels'.*; did you mean 'label'\?$"),
        ({"x": ROWS, "y": np.eye(3)[CLASSES % 3]}, {}, r"^data.y=y: float64 of the shape \(60, 3\); allowed: whole"),
        (
            {"x": np.where(np.arange(60)[:, None] == 7, np.nan, ROWS), "y": CLASSES},
            {},
            r"^data.x: 'x' of train holds what is not finite, in row 7 \(counted from 0\)",
        ),
        ({"x": np.array(["a"] * 60, dtype=object), "y": CLASSES}, {}, r"objects, which numpy keeps as a pickle"),
        ({"x": ROWS, "y": CLASSES}, {"class_names": ["a"]}, r"^data.class_names: got 1, allowed: 3, one for each"),
        ({"x": ROWS, "y": ROWS}, {"kind": "mask"}, r"^data.y=y: float64 .*; allowed: integers \(N, H, W\)$"),
        (
            {"x_train": ROWS, "y_train": CLASSES, "x_test": ROWS[:, :2], "y_test": CLASSES},
            {},
            r"^data: x is .*\(N, 2\) and .*\(N, 4\) in the splits; allowed: the same$",
        ),
    ],
)
def test_arrays_that_cannot_be_used_say_why(ready, arrays, settings, message):
    with pytest.raises(InputError, match=message):
        ready(arrays, **settings)


@pytest.mark.parametrize(("name", "content"), [("a.npz", b"PK broken"), ("a.npy", b""), ("a.txt", b"1 2 3")])
def test_a_file_that_holds_no_arrays_is_an_error(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=r"^data.path=.*: (not readable arrays|no arrays; allowed: an .npz file)"):
        Arrays(path=str(tmp_path / name)).setup()
