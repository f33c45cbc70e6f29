import io

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import v2

from epochwise.data.digits import Digits
from epochwise.data.image_folder import ImageFolder
from epochwise.data.pictures.picture_sheet import GAP_PX, LABEL_PX, MOST_BYTES, TILE_PX, picture_sheet
from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.data.split_data_module import SplitDataModule

ACROSS, DOWN = TILE_PX + GAP_PX, TILE_PX + LABEL_PX + GAP_PX


class Given(SplitDataModule):
    """Samples that a test makes."""

    def load(self):
        return {"train": self.samples}


def given(x, names=("cat", "dog"), **settings):
    data = Given(**settings)
    data.samples = Samples(x, np.arange(len(x)) % len(names), class_names=list(names))
    data.setup()
    return data


def other(x, y, **kind):
    data = Given()
    data.samples = Samples(x, y, **kind)
    data.setup()
    return data


def drawn(data):
    return np.asarray(Image.open(io.BytesIO(picture_sheet(data))).convert("RGB"))


def tile(sheet, row, column, height=TILE_PX):
    top, left = GAP_PX + row * DOWN, GAP_PX + column * ACROSS
    return sheet[top : top + height, left : left + TILE_PX]


def test_two_rows_of_twelve_are_spread_over_the_classes():
    data = Digits()
    data.setup()
    sheet = drawn(data)
    assert sheet.shape == (2 * DOWN + GAP_PX, 12 * ACROSS + GAP_PX, 3)
    x, y = data.splits["train"][list(range(data.num_samples["train"]))]
    for row, column, digit in ((0, 0, 0), (1, 11, 9)):
        small = torch.from_numpy(tile(sheet, row, column)[::9, ::9, 0].copy())
        assert digit in y[(x[:, 0] == small).flatten(1).all(1)].tolist()


def test_colours_are_those_before_normalising_on_the_background(tmp_path, write_pictures):
    for name in ("cat", "dog"):
        for path in write_pictures(tmp_path / name, 12, mode="RGBA", size=(8, 4)).iterdir():
            Image.new("RGBA", (8, 4), (255, 0, 0, 0)).save(path)
    data = ImageFolder(root=str(tmp_path), image_size=8, fit="pad", background="#0a141e")
    data.setup()
    assert (tile(drawn(data), 1, 3) == (10, 20, 30)).all()


@pytest.mark.parametrize(("size", "augment"), [(8, v2.RandomInvert(p=1.0)), (16, v2.CenterCrop(8))])
def test_what_training_augments_is_shown_beneath(size, augment):
    x = np.zeros((40, 1, size, size), np.uint8)
    x[:, :, size // 4 : -size // 4, size // 4 : -size // 4] = 255
    sheet = drawn(given(x, augment=augment))
    assert sheet.shape[0] == 2 * DOWN + GAP_PX - (0 if size == 8 else 2 * (TILE_PX - 64))
    assert sheet[GAP_PX, GAP_PX, 0] == 0
    assert sheet[GAP_PX + sheet.shape[0] // 2, GAP_PX + 1, 0] == 255


def test_a_draw_of_the_augmentation_leaves_the_runs_own_draws_alone():
    data = given(np.zeros((40, 1, 8, 8), np.uint8), augment=v2.RandomHorizontalFlip())
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    picture_sheet(data)
    assert torch.rand(1) == expected


@pytest.mark.parametrize("shape", [(3, 96, 96), (3, 72, 72), (1, 72, 72), (1, 8, 8), (3, 4, 600), (1, 90, 1)])
def test_a_sheet_of_noise_is_bounded(shape):
    x = np.random.default_rng(0).integers(0, 256, (60, *shape), dtype=np.uint8)
    assert 500 < len(picture_sheet(given(x, ["a name that is too long for a tile", "猫"]))) <= MOST_BYTES


def test_floats_of_any_range_are_spread_over_the_shades():
    x = np.full((40, 1, 8, 8), -5.0, np.float32)
    x[:, :, :4] = 7.0
    found = tile(drawn(given(x)), 0, 0)
    assert (found[0, 0, 0], found[-1, 0, 0]) == (255, 0)


def test_fewer_pictures_make_a_smaller_sheet():
    assert drawn(given(np.zeros((8, 1, 8, 8), np.uint8))).shape[1] < 8 * ACROSS


@pytest.mark.parametrize(
    "kind",
    [{"kind": "labels", "class_names": ["a", "b"]}, {"kind": "number", "target_names": ["a", "b"]}],
)
def test_pictures_with_several_labels_or_numbers_are_drawn(kind):
    x = np.full((40, 3, 8, 8), 90, dtype=np.uint8)
    sheet = drawn(other(x, np.tile([[0, 1], [1, 1]], (20, 1)), **kind))
    assert (tile(sheet, 1, 11) == 90).all()
    assert (sheet[GAP_PX + TILE_PX : GAP_PX + TILE_PX + LABEL_PX] < 90).any(), "what it is stands beneath"


class WithMasks(Given):
    def encode_targets(self, samples):
        return torch.from_numpy(samples.y)

    def describe(self, samples, x):
        return Spec(tuple(x.shape[1:]), "mask", 2, ["ground", "icon"], [1, 1])


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mask_lies_over_its_picture_and_is_augmented_with_it(channels):
    mask = np.zeros((24, 8, 8), dtype=np.int64)
    mask[:, :4], mask[:, 7] = 1, -100
    data = WithMasks(augment=v2.RandomVerticalFlip(p=1.0))
    data.samples = Samples(np.full((24, channels, 8, 8), 100, dtype=np.uint8), mask, ["ground", "icon"], kind="mask")
    data.setup()
    sheet = drawn(data)
    above, below = tile(sheet, 0, 0)[::9, 0].astype(int), tile(sheet, 1, 0)[::9, 0].astype(int)
    assert abs(above[0] - np.array([(100 + 255) / 2, (100 + 127) / 2, (100 + 14) / 2])).max() <= 1
    assert (above[5] == 100).all()
    assert abs(above[7] - (100 + 127) / 2).max() <= 1
    assert (below == above[::-1]).all()
