import logging
import shutil

import pytest
import torch
from PIL import Image

from epochwise.data.image_folder import ImageFolder
from epochwise.input_error import InputError

# Python 3.12 and later warn of a fork in a process that has threads.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")


def ready(root, **settings):
    data = ImageFolder(**{"root": str(root), "image_size": 8, "batch_size": 8, **settings})
    data.setup()
    return data


@pytest.mark.parametrize("channels", [1, 3])
def test_folders_are_classes(pets, channels):
    data = ready(pets, channels=channels)
    assert data.spec.input_shape == (channels, 8, 8)
    assert data.spec.class_names == ["cat", "dog"]
    assert data.num_samples == {"train": 34, "val": 8, "test": 8}
    assert data.spec.class_counts == [14, 20]
    for split in ("train", "val", "test"):
        _, y = data.splits[split][list(range(data.num_samples[split]))]
        assert [name.split("/")[0] for name in data.sample_names(split)] == [data.spec.class_names[i] for i in y]


def test_workers_read_the_same_batches(pets):
    settings = {"order_seed": 5}
    alone = list(ready(pets, **settings).train_dataloader())
    by_workers = list(ready(pets, num_workers=2, **settings).train_dataloader())
    assert all(torch.equal(a, b) for pair in zip(alone, by_workers, strict=True) for a, b in zip(*pair, strict=True))


def test_published_splits_are_honoured(tmp_path, write_pictures):
    for split, count in (("train", 10), ("test", 3)):
        for name in ("cat", "dog"):
            write_pictures(tmp_path / split / name, count)
    data = ready(tmp_path, val_fraction=0.2)
    assert data.num_samples == {"train": 16, "val": 4, "test": 6}
    assert data.sample_names("test") == [f"{name}/{number}.png" for name in ("cat", "dog") for number in range(3)]
    write_pictures(tmp_path / "val" / "cat", 1)
    assert ready(tmp_path).num_samples == {"train": 20, "val": 1, "test": 6}


def test_missing_folder_is_an_error_with_the_closest_name(pets):
    with pytest.raises(InputError, match=r"there is no 'pet'; did you mean 'pets'"):
        ready(pets.parent / "pet")


def test_folder_without_classes_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"no folder in it; one for each class is needed"):
        ready(tmp_path)


def test_every_empty_class_is_an_error(pets):
    (pets / "fish").mkdir()
    (pets / "frog").mkdir()
    (pets / "frog" / "notes.txt").write_text("no picture")
    with pytest.raises(InputError) as error:
        ready(pets)
    assert [line.removeprefix(str(pets)) for line in error.value.lines] == [
        "/fish: no picture in this class",
        "/frog: no picture in this class",
    ]


def test_strange_folder_beside_the_splits_is_an_error(tmp_path, write_pictures):
    write_pictures(tmp_path / "train" / "cat", 1)
    (tmp_path / "vals").mkdir()
    with pytest.raises(
        InputError, match=r"folder 'vals' beside 'train'; allowed: train, val, test; did you mean 'val'"
    ):
        ready(tmp_path)


def test_class_that_train_does_not_have_is_an_error(tmp_path, write_pictures):
    write_pictures(tmp_path / "train" / "cat", 1)
    write_pictures(tmp_path / "test" / "cats", 1)
    with pytest.raises(InputError, match=r"cats: no class of that name in 'train'; did you mean 'cat'"):
        ready(tmp_path)


def break_pictures(pets):
    (pets / "cat" / "3.png").write_bytes(b"")
    cut = pets / "dog" / "7.jpg"
    cut.write_bytes(cut.read_bytes()[:-60])


def test_broken_pictures_are_all_named_before_training(pets):
    break_pictures(pets)
    with pytest.raises(InputError) as error:
        ready(pets)
    first, second = error.value.lines
    assert "cat/3.png: not a readable picture" in first
    assert "dog/7.jpg: not a readable picture" in second


def test_many_broken_pictures_are_counted(pets):
    for path in (pets / "dog").iterdir():
        path.write_bytes(b"")
    with pytest.raises(InputError) as error:
        ready(pets)
    assert len(error.value.lines) == 11
    assert error.value.lines[-1] == "and 20 more; data.on_error=skip leaves them out"


def test_skipped_pictures_are_counted_and_reported(pets, caplog):
    break_pictures(pets)
    with caplog.at_level(logging.WARNING):
        data = ready(pets, on_error="skip")
    assert sum(data.num_samples.values()) == 48
    assert "left out 2 of 50 pictures" in caplog.text
    assert "3.png" in caplog.text


def test_picture_lost_after_setup_is_named_by_the_worker(pets):
    data = ready(pets, num_workers=1)
    shutil.rmtree(pets / "dog")
    loader = data.train_dataloader()
    with pytest.raises(InputError, match=r"dog/\d+.jpg: not a readable picture"):
        list(loader)
    # Left to the garbage collector, torch waits five seconds for a worker that failed.
    loader._iterator._shutdown_workers()


@pytest.fixture
def clear(tmp_path, write_pictures):
    """Wide pictures of two classes whose left half is transparent, with random colours beneath."""
    for name, count in (("cat", 12), ("dog", 13)):
        for path in write_pictures(tmp_path / "clear" / name, count, mode="RGBA", size=(32, 8)).iterdir():
            with Image.open(path) as picture:
                picture.paste((255, 0, 0, 0), (0, 0, 16, 8))
                picture.save(path)
    return tmp_path / "clear"


def lefts(data):
    """The colours at the left edge of the training pictures."""
    x, _ = data.splits["train"][list(range(data.num_samples["train"]))]
    return {tuple(pixel) for pixel in x[:, :, 4, 0].tolist()}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [({}, (255,) * 3), ({"background": "black"}, (0,) * 3), ({"background": "#00ff00", "fit": "pad"}, (0, 255, 0))],
)
def test_pictures_are_seen_on_the_background_white_by_default(clear, settings, expected):
    assert lefts(ready(clear, **settings)) == {expected}


def test_a_network_sees_other_pictures_as_those_it_was_trained_on(clear):
    trained = ready(clear, background="black", fit="squash")
    other = ImageFolder(root=str(clear), image_size=8)
    other.load_state_dict(trained.state_dict())
    other.setup()
    assert (other.view, lefts(other)) == (trained.view, {(0, 0, 0)})
    _, loader = other.predict_data(str(clear / "cat" / "0.png"))
    assert next(iter(loader))[0, :, 4, 0].tolist() == [0, 0, 0]


def test_a_run_from_before_there_was_a_background_goes_on_to_see_the_hidden_colours(clear):
    state = ready(clear).state_dict()
    del state["view"]
    data = ready(clear)
    data.load_state_dict(state)
    assert lefts(data) == {(255, 0, 0)}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"fit": "pad"}, r"data.fit: got pad; the network was trained with crop"),
        ({"background": "black"}, r"data.background: got \(0, 0, 0\); the network was trained with \(255, 255, 255\)"),
    ],
)
def test_another_view_than_that_of_the_training_is_an_error(clear, settings, message):
    data = ready(clear, **settings)
    with pytest.raises(InputError, match=message):
        data.load_state_dict(ready(clear).state_dict())


@pytest.mark.parametrize("view", [{"fit": "stretch"}, {"background": [1, 2]}, {"fit": "crop", "zoom": 2}, 3])
def test_a_strangers_view_is_held_to_what_a_data_module_writes(clear, view):
    state = ready(clear).state_dict() | {"view": view}
    with pytest.raises(InputError, match=r"ckpt: how it says pictures were seen"):
        ImageFolder(root=str(clear), image_size=8).load_state_dict(state)


def test_pictures_of_all_kinds_are_found(tmp_path, write_pictures):
    for suffix in (".png", ".gif", ".webp"):
        for name in ("cat", "dog"):
            write_pictures(tmp_path / name, 8, suffix=suffix)
    assert sum(ready(tmp_path).num_samples.values()) == 48
