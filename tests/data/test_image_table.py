import pandas as pd
import pytest
import torch

from epochwise.data.image_folder import ImageFolder
from epochwise.data.image_table import ImageTable
from epochwise.input_error import InputError


@pytest.fixture
def pets(tmp_path, write_pictures):
    """A table of 40 pictures in two folders beside it."""
    rows = []
    for name, count in (("cat", 16), ("dog", 24)):
        write_pictures(tmp_path / "pets" / name, count, size=(20, 15))
        rows += [
            {"path": f"{name}/{number}.png", "label": name, "weight": number}
            for number in sorted(range(count), key=str)
        ]
    return pd.DataFrame(rows).assign(
        seen=[*(["cat|indoors", None] * 8), *(["dog", "dog|indoors"] * 12)], owner=range(40)
    )


@pytest.fixture
def ready(pets, tmp_path):
    def make(changes=None, **settings):
        path = tmp_path / "pets" / "pets.csv"
        pets.assign(**(changes or {})).to_csv(path, index=False)
        data = ImageTable(**{"path": str(path), "image_size": 8, "batch_size": 8, **settings})
        data.setup()
        return data

    return make


def test_a_table_of_classes_is_the_folder_of_classes(ready, tmp_path):
    data = ready()
    (tmp_path / "pets" / "pets.csv").unlink()
    folders = ImageFolder(root=str(tmp_path / "pets"), image_size=8)
    folders.setup()
    assert data.spec == folders.spec
    assert data.names == folders.names
    assert data.learned == folders.learned


def test_labels_and_numbers_are_read_as_in_any_table(ready):
    labels = ready(target="seen", kind="labels", separator="|")
    assert (labels.spec.target, labels.spec.class_names) == ("labels", ["cat", "dog", "indoors"])
    assert labels.splits["val"][[0, 1]][1].shape == (2, 3)
    numbers = ready(target=["weight", "owner"], kind="number")
    assert (numbers.spec.num_outputs, numbers.spec.target_names) == (2, ["weight", "owner"])


def test_a_column_may_say_the_split(ready):
    data = ready({"part": (["train"] * 4 + ["test"]) * 8}, split="part", val_fraction=0.25)
    assert data.num_samples == {"train": 24, "val": 8, "test": 8}
    with pytest.raises(InputError, match=r"^data.split=part: got 'tests', allowed: .*; did you mean 'test'\?$"):
        ready({"part": ["train", "tests"] * 20}, split="part")
    with pytest.raises(InputError, match=r"^data.split=part: no row says 'train'$"):
        ready({"part": ["val", "test"] * 20}, split="part")


def test_groups_stay_together(ready):
    data = ready({"owner": [number // 2 for number in range(40)]}, groups="owner", target="weight", kind="number")
    owners = {split: {int(name.split("/")[1][:-4]) // 2 + 8 * name.startswith("dog") for name in data.names[split]} for split in data.splits}  # fmt: skip # noqa: E501
    assert not owners["train"] & owners["val"]
    assert not owners["train"] & owners["test"]


def test_all_missing_and_broken_pictures_are_named_at_once(ready, tmp_path, caplog):
    (tmp_path / "pets" / "cat" / "1.png").unlink()
    (tmp_path / "pets" / "dog" / "2.png").unlink()
    (tmp_path / "pets" / "dog" / "3.png").write_bytes(b"")
    with pytest.raises(InputError) as error:
        ready()
    assert [line.split(": ")[1].split(" (")[0] for line in error.value.lines] == [
        "no such picture",
        "no such picture",
        "not a readable picture",
    ]
    assert sum(ready(on_error="skip").num_samples.values()) == 37
    assert "left out 3 of 40 pictures" in caplog.text


@pytest.mark.parametrize(
    ("changes", "settings", "message"),
    [
        ({}, {"picture": "paths"}, r"^data.picture=paths: no such column; did you mean 'path'\?$"),
        ({}, {"target": "lable"}, r"^data.target=lable: no such column; did you mean 'label'\?$"),
        ({"path": [None] + ["a"] * 39}, {}, r"^data.picture=path: empty in row 0 \(counted from 0\)$"),
        ({"path": ["cat/0.png"] * 40}, {}, r"^data.picture=path: 'cat/0.png' is named 40 times$"),
        ({}, {"root": "nowhere"}, r"^data.root=nowhere: there is no 'nowhere'"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(ready, changes, settings, message):
    with pytest.raises(InputError, match=message):
        ready(changes, **settings)


def test_paths_lead_from_another_root(ready, tmp_path):
    moved = tmp_path / "elsewhere"
    (tmp_path / "pets").rename(moved)
    (tmp_path / "pets").mkdir()
    assert sum(ready(root=str(moved)).num_samples.values()) == 40


def test_own_pictures_are_predicted_from_a_table_or_a_folder(ready, tmp_path):
    trained = ready()
    fresh = ImageTable(image_size=8)
    fresh.load_state_dict(trained.state_dict())
    (tmp_path / "pets" / "own.csv").write_text("path\ndog/3.png\ncat/1.png\n")
    names, loader = fresh.predict_data(str(tmp_path / "pets" / "own.csv"))
    assert names == ["dog/3.png", "cat/1.png"]
    _, folder = fresh.predict_data(str(tmp_path / "pets" / "dog" / "3.png"))
    assert torch.equal(next(iter(loader))[0], next(iter(folder))[0])
