import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.data.pictures import jpeg_decoder
from epochwise.data.pictures.jpeg_decoder import upright_jpeg
from epochwise.data.pictures.picture_files import PictureFiles
from epochwise.data.pictures.picture_view import planes
from epochwise.input_error import InputError


def picture(width, height):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)).resize((width, height))
    return Image.fromarray((np.asarray(smooth) + rng.normal(0, 10, (height, width, 3))).clip(0, 255).astype(np.uint8))


def decoded(path, channels):
    with Image.open(path) as opened:
        return upright_jpeg(opened, str(path), channels)


WAYS = [{}, {"progressive": True}, {"quality": 20}, {"quality": 100}, {"restart_marker_rows": 1}]
WAYS += [{"subsampling": each} for each in ("4:4:4", "4:2:2", "4:2:0")]


@pytest.mark.parametrize(
    ("mode", "saved"),
    [(mode, saved) for mode in ("RGB", "L") for saved in WAYS] + [("RGB", {"keep_rgb": True, "subsampling": 0})],
    ids=str,
)
@pytest.mark.parametrize("size", [(57, 43), (33, 130)])
def test_pixels_are_those_of_pil_to_the_bit(tmp_path, saved, mode, size):
    path = tmp_path / "picture.jpg"
    picture(*size).convert(mode).save(path, **saved)
    for channels, wanted in ((1, "L"), (3, "RGB")):
        with Image.open(path) as opened:
            opened.draft(wanted, size)  # without it PIL makes grey of colours, not of the file's own brightness
            expected = planes(opened.convert(wanted))
        assert torch.equal(decoded(path, channels), expected)


@pytest.mark.parametrize("kind", ["png", "four colours", "turned", "cut short", "no operator"])
def test_what_is_no_plain_jpeg_is_left_to_pil(tmp_path, monkeypatch, kind):
    path, exif = tmp_path / "picture.jpg", Image.Exif()
    exif[0x0112] = 6 if kind == "turned" else 1
    picture(40, 30).convert("CMYK" if kind == "four colours" else "RGB").save(
        path, "png" if kind == "png" else "jpeg", exif=exif
    )
    if kind == "cut short":
        path.write_bytes(path.read_bytes()[:-100])
    if kind == "no operator":
        monkeypatch.setattr(jpeg_decoder, "_decode", None)
    assert decoded(path, 3) is None


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("shape", [(24, 24), (30, 40), (8, 8)])
def test_a_picture_is_the_same_without_the_operator(tmp_path, monkeypatch, channels, shape):
    picture(90, 70).save(tmp_path / "picture.jpg")
    files = PictureFiles([str(tmp_path / "picture.jpg")], (channels, *shape))
    expected = files[[0]]
    monkeypatch.setattr(jpeg_decoder, "_decode", None)
    assert torch.equal(files[[0]], expected)


def test_a_jpeg_that_is_cut_short_is_named(tmp_path):
    picture(40, 30).save(tmp_path / "picture.jpg")
    (tmp_path / "picture.jpg").write_bytes((tmp_path / "picture.jpg").read_bytes()[:-100])
    with pytest.raises(InputError, match=r"picture\.jpg: not a readable picture \(image file is truncated"):
        PictureFiles([str(tmp_path / "picture.jpg")], (3, 24, 24))[[0]]
