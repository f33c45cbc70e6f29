import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.data.pictures.mask_files import MaskClasses, MaskFiles, check_masks, values_in
from epochwise.data.pictures.picture_files import PictureFiles
from epochwise.data.pictures.picture_view import PictureView
from epochwise.input_error import InputError

TWO = MaskClasses.of({"ground": 0, "icon": 255}, [7])


def written(path, pixels, mode="L"):
    Image.fromarray(np.asarray(pixels, dtype=np.uint8)).convert(mode).save(path)
    return str(path)


def palette(path, pixels):
    mask = Image.fromarray(np.asarray(pixels, dtype=np.uint8), mode="P")
    mask.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    mask.save(path)
    return str(path)


def files(path, classes, size=(2, 2), view=None):
    return MaskFiles([path], size, view or PictureView(), classes, np.arange(len(classes.names)))[[0]][0].tolist()


def test_a_pixel_is_the_class_of_its_value_or_says_nothing(tmp_path):
    path = written(tmp_path / "a.png", [[0, 255], [7, 0]])
    assert files(path, TWO) == [[0, 1], [-100, 0]]


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA"])
def test_grey_written_as_colours_is_grey(tmp_path, mode):
    path = written(tmp_path / "a.png", [[0, 255], [7, 0]], mode)
    assert files(path, TWO) == [[0, 1], [-100, 0]]


def test_black_and_white_are_0_and_255(tmp_path):
    path = written(tmp_path / "a.png", [[0, 255], [255, 0]], "1")
    assert files(path, TWO) == [[0, 1], [1, 0]]


def test_a_palette_has_indices_or_colours(tmp_path):
    path = palette(tmp_path / "a.png", [[0, 1], [2, 0]])
    by_index = MaskClasses.of({"ground": 0, "cat": 1, "dog": 2}, [])
    by_colour = MaskClasses.of({"ground": "black", "dog": "#00ff00"}, ["red"])
    assert files(path, by_index) == [[0, 1], [2, 0]]
    assert files(path, by_colour) == [[0, -100], [1, 0]]


def test_a_class_may_have_several_values(tmp_path):
    classes = MaskClasses.of({"ground": 0, "pet": [1, 2]}, [])
    assert classes.names == ["ground", "pet"]
    assert files(palette(tmp_path / "a.png", [[0, 1], [2, 0]]), classes) == [[0, 1], [1, 0]]


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("shape", [(40, 90), (90, 40), (33, 33)])
def test_a_mask_stays_on_its_picture_however_that_is_fitted(tmp_path, fit, shape):
    pixels = np.zeros(shape, dtype=np.uint8)
    pixels[10:25, 12:30] = 255
    path = written(tmp_path / "a.png", pixels)
    view = PictureView(fit, (0, 0, 0))
    picture = PictureFiles([path], (1, 24, 24), view)[[0]][0, 0] >= 128
    mask = MaskFiles([path], (24, 24), view, TWO, np.arange(2))[[0]][0]
    assert mask.dtype == torch.int64
    assert ((mask == 1) != picture).sum() <= 6  # of 24 x 24: pixels at the edge alone
    assert ((mask == -100).sum() > 0) == (fit == "pad" and shape[0] != shape[1])


def test_pixels_of_each_class_are_counted(tmp_path):
    path = written(tmp_path / "a.png", [[0, 255], [7, 0]])
    masks = MaskFiles([path, path], (2, 2), PictureView(), TWO, np.array([1, 0]))
    assert masks.count(2) == [2, 4]


@pytest.mark.parametrize(
    ("classes", "ignore", "message"),
    [
        ({"a": 0}, [], r"^data.classes: 1 classes; allowed: 2 to 254$"),
        ({"a": 0, "b": "red"}, [], r"^data.classes: values and colours together"),
        ({"a": 0, "b": [1, 1]}, [], r"^data.classes, data.ignore: 1 is named twice$"),
        ({"a": 0, "b": 1}, [1], r"^data.classes, data.ignore: 1 is named twice$"),
        ({"a": "blak", "b": "red"}, [], r"^data.classes: got 'blak', allowed: .*; did you mean 'black'\?$"),
    ],
)
def test_classes_that_cannot_be_are_an_error(classes, ignore, message):
    with pytest.raises(InputError, match=message):
        MaskClasses.of(classes, ignore)


def test_every_mask_that_cannot_be_used_has_a_line(tmp_path):
    right = written(tmp_path / "right.png", [[0, 255], [7, 0]])
    odd = written(tmp_path / "odd.png", [[0, 3], [4, 0]])
    wide = written(tmp_path / "wide.png", np.zeros((20, 90)))
    large = written(tmp_path / "large.png", np.zeros((40, 40)))
    (tmp_path / "broken.png").write_bytes(b"")
    broken = str(tmp_path / "broken.png")
    blue = written(tmp_path / "blue.png", np.dstack([np.zeros((2, 2)), np.zeros((2, 2)), np.full((2, 2), 255)]), "RGB")
    lines = check_masks([right, odd, wide, large, broken, blue], [right] * 6, TWO)
    assert [line.split(" (")[0].split("/")[-1] for line in lines] == [
        "odd.png: pixels of 3, 4; name them in data.classes or data.ignore",
        "wide.png: 90 x 20 pixels, and its picture 2 x 2",
        "broken.png: not a readable mask",
        "blue.png: a mask of colours; name them in data.classes, such as {car: '#ff0000'}",
    ]
    assert values_in([right, odd]) == [0, 3, 4, 7, 255]
