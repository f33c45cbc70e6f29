import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.data.pictures.picture_files import PictureFiles, find_pictures
from epochwise.input_error import InputError


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_kind_of_picture_is_brought_to_the_shape(tmp_path, mode, channels):
    path = tmp_path / ("picture.tif" if mode == "CMYK" else "picture.png")
    white = (
        Image.fromarray(np.full((9, 14), 65535, np.uint16)) if mode == "I;16" else Image.new("RGB", (14, 9), "white")
    )
    (white if mode == "I;16" else white.convert(mode)).save(path)
    x = PictureFiles([str(path)] * 2, (channels, 6, 4))[[0, 1]]
    assert (x.shape, x.dtype) == ((2, channels, 6, 4), torch.uint8)
    assert (x == 255).all()


def test_sixteen_bits_keep_their_shades(tmp_path):
    Image.fromarray(np.full((8, 8), 128 * 257, np.uint16)).save(tmp_path / "grey.png")
    assert (PictureFiles([str(tmp_path / "grey.png")], (1, 8, 8))[[0]] == 128).all()


def test_picture_of_the_right_size_is_taken_pixel_by_pixel(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    x = PictureFiles([str(tmp_path / "picture.png")], (3, 5, 7))[[0]]
    assert torch.equal(x[0], torch.from_numpy(pixels).permute(2, 0, 1))


@pytest.mark.parametrize("suffix", ["png", "gif"])
@pytest.mark.parametrize(("channels", "expected"), [(3, [255, 0, 0]), (1, [76])])
def test_transparent_pixel_of_a_palette_has_the_colour_beneath(tmp_path, suffix, channels, expected):
    picture = Image.new("P", (6, 4), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    path = tmp_path / f"palette.{suffix}"
    picture.save(path, transparency=b"\x00\x80" if suffix == "png" else 0)
    assert PictureFiles([str(path)], (channels, 4, 6))[[0]][0, :, 0, 0].tolist() == expected


def test_what_is_too_wide_is_cut_off_evenly(tmp_path):
    pixels = np.zeros((4, 12, 3), np.uint8)
    pixels[:, 4:8] = 255
    Image.fromarray(pixels).save(tmp_path / "picture.png")
    assert (PictureFiles([str(tmp_path / "picture.png")], (3, 4, 4))[[0]] == 255).all()


def test_photograph_is_turned_upright(tmp_path):
    picture = Image.fromarray(np.tile(np.array([0, 255], np.uint8).repeat(4), (8, 1)))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held a quarter turned
    picture.save(tmp_path / "photo.png", exif=exif)
    x = PictureFiles([str(tmp_path / "photo.png")], (1, 8, 8))[[0]][0, 0]
    assert x[:, 0].tolist() == [0] * 4 + [255] * 4


def test_broken_picture_is_named(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(InputError, match=r"broken.jpg: not a readable picture"):
        PictureFiles([str(tmp_path / "broken.jpg")], (3, 4, 4))[[0]]


def test_shape_of_a_table_is_no_shape_of_a_picture():
    with pytest.raises(InputError, match=r"shape \(30,\) are not pictures"):
        PictureFiles([], (30,))


def test_pictures_of_a_folder_are_sorted_and_other_files_left_out(tmp_path, write_pictures):
    write_pictures(tmp_path / "b", 1)
    write_pictures(tmp_path / "a", 1, suffix=".JPG")
    (tmp_path / "notes.txt").write_text("no picture")
    assert find_pictures(str(tmp_path)) == [str(tmp_path / "a" / "0.JPG"), str(tmp_path / "b" / "0.png")]


def test_folder_without_a_picture_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"no picture in this folder; allowed: .jpg"):
        find_pictures(str(tmp_path))
