import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from epochwise.data.masks import Masks
from epochwise.input_error import InputError

CLASSES = {"ground": 0, "icon": 255}


@pytest.fixture
def icons(tmp_path):
    """20 pictures with a bright square, whose mask says where it is."""
    root = tmp_path / "icons"
    for folder in ("pictures", "masks"):
        (root / folder).mkdir(parents=True)
    random = np.random.default_rng(0)
    for number in range(20):
        mask = np.zeros((16, 20), dtype=np.uint8)
        top, left = random.integers(0, 8, 2)
        mask[top : top + 8, left : left + 8] = 255
        Image.fromarray(mask).save(root / "masks" / f"{number}.png")
        Image.fromarray(np.where(mask, 200, 50).astype(np.uint8)).convert("RGB").save(
            root / "pictures" / f"{number}.jpg"
        )
    return root


def ready(root=None, **settings):
    data = Masks(**{"root": root and str(root), "image_size": 16, "batch_size": 4, "classes": CLASSES, **settings})
    data.setup()
    return data


def test_folders_of_the_same_names_are_pictures_and_masks(icons):
    data = ready(icons)
    assert (data.spec.target, data.spec.input_shape, data.spec.num_outputs) == ("mask", (3, 16, 16), 2)
    assert data.spec.class_names == ["ground", "icon"]
    assert data.num_samples == {"train": 14, "val": 3, "test": 3}
    x, y = data.splits["train"][list(range(14))]
    assert (y.dtype, y.shape) == (torch.int64, (14, 16, 16))
    assert torch.bincount(y.flatten()).tolist() == data.spec.class_counts
    assert ((x[:, 0] > 125) == (y == 1)).float().mean() > 0.97


def test_workers_read_the_same_batches(icons):
    alone, by_workers = (list(ready(icons, num_workers=workers).train_dataloader()) for workers in (0, 2))
    assert all(torch.equal(a, b) for pair in zip(alone, by_workers, strict=True) for a, b in zip(*pair, strict=True))


def test_a_table_names_the_same_pairs(icons):
    rows = [{"photo": f"pictures/{number}.jpg", "mask": f"masks/{number}.png"} for number in sorted(range(20), key=str)]
    pd.DataFrame(rows).assign(part=["train"] * 15 + ["test"] * 5, farm=[row // 2 for row in range(20)]).to_csv(
        icons / "icons.csv", index=False
    )
    table = {"path": str(icons / "icons.csv"), "pictures": "photo", "masks": "mask"}
    assert ready(**table).spec == ready(icons).spec
    assert ready(**table, split="part").num_samples == {"train": 12, "val": 3, "test": 5}
    data = ready(**table, groups="farm")
    farms = {
        split: {sorted(range(20), key=str).index(int(name[9:-4])) // 2 for name in data.names[split]}
        for split in data.splits
    }
    assert not farms["train"] & farms["test"]


def test_published_splits_and_suffixes_are_honoured(icons):
    for number in range(20):
        split = "train" if number < 15 else "test"
        for folder, name, other in (
            ("pictures", f"{number}.jpg", f"{number}.jpg"),
            ("masks", f"{number}.png", f"{number}_mask.png"),
        ):
            (icons / folder / split).mkdir(exist_ok=True)
            (icons / folder / name).rename(icons / folder / split / other)
    data = ready(icons, mask_suffix="_mask", val_fraction=0.2)
    assert data.num_samples == {"train": 12, "val": 3, "test": 5}
    assert data.sample_names("test") == ["15", "16", "17", "18", "19"]


def test_all_pictures_without_a_mask_and_masks_without_a_picture_are_named(icons):
    (icons / "masks" / "3.png").unlink()
    (icons / "pictures" / "5.jpg").unlink()
    with pytest.raises(InputError) as error:
        ready(icons)
    assert [line.removeprefix(str(icons)) for line in error.value.lines] == [
        "/pictures/3.jpg: no mask of that name",
        "/masks/5.png: no picture of that name",
    ]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"classes": None}, r"^data.classes: the masks hold 2 values; name them: data.classes=\{NAME: 0,NAME: 255\}$"),
        ({"classes": {"a": 0, "b": 1}}, r"0.png: pixels of 255; name them in data.classes or data.ignore"),
        ({"pictures": "picture"}, r"^data.pictures=.*: there is no 'picture'; did you mean 'pictures'\?$"),
        ({"split": "part"}, r"^data.split, data.groups: columns of a table"),
        ({"root": None}, r"^data.root=null: allowed: a folder with 'pictures' and 'masks' in it, or"),
    ],
)
def test_masks_that_cannot_be_used_say_what_to_write(icons, settings, message):
    with pytest.raises(InputError, match=message):
        ready(**{"root": icons} | settings)


def test_other_masks_are_told_by_the_names_of_their_classes(icons):
    trained = ready(icons)
    other = Masks(root=str(icons), image_size=16, classes={"icon": 255, "ground": 0})
    other.load_state_dict(trained.state_dict())
    other.setup("all")
    assert other.splits["all"][[0]][1].float().mean() < 0.5
    strange = Masks(root=str(icons), image_size=16, classes={"ground": 0, "icons": 255})
    strange.load_state_dict(trained.state_dict())
    with pytest.raises(InputError, match=r"not trained on a class 'icons'; did you mean 'icon'\?"):
        strange.setup()


def test_own_pictures_are_predicted_without_masks(icons):
    trained = ready(icons)
    fresh = Masks(image_size=16)
    fresh.load_state_dict(trained.state_dict())
    names, loader = fresh.predict_data(str(icons / "pictures"))
    assert len(names) == 20
    assert next(iter(loader)).shape[1:] == (3, 16, 16)
