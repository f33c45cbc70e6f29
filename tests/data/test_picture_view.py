import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from epochwise.data.pictures.picture_files import PictureFiles
from epochwise.data.pictures.picture_view import WHITE, PictureView, colour
from epochwise.input_error import InputError

BLUE = (0, 0, 255)


def seen(path, view, channels=3, height=8, width=8):
    """(H, W, C) of one file."""
    return PictureFiles([str(path)], (channels, height, width), view)[[0]][0].permute(1, 2, 0).numpy()


def png(kind, depth, pixel, transparent=None):
    """8x8 of one pixel, in kinds that PIL does not write: 0 grey, 2 coloured, 4 grey with alpha; 8 or 16 bits."""

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    row = b"\0" + np.tile(np.array(pixel, ">u2" if depth == 16 else "u1"), 8).tobytes()
    mark = chunk(b"tRNS", np.array(transparent, ">u2").tobytes()) if transparent else b""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, depth, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + mark + chunk(b"IDAT", zlib.compress(row * 8)) + chunk(b"IEND", b"")


def written(picture, **options):
    file = io.BytesIO()
    picture.save(file, "PNG", **options)
    return file.getvalue()


def palette():
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([255, 0, 0, 0, 0, 255])
    return written(picture, transparency=b"\x00\xff")


#: Kinds of file whose every pixel is transparent, with a colour beneath that nobody sees.
TRANSPARENT = {
    "RGBA": written(Image.new("RGBA", (8, 8), (255, 0, 0, 0))),
    "LA": written(Image.new("LA", (8, 8), (100, 0))),
    "palette": palette(),
    "1 bit": written(Image.new("1", (8, 8), 0), transparency=0),
    "one shade": png(0, 8, [12], [12]),
    "one colour": png(2, 8, [18, 19, 20], [18, 19, 20]),
    "one of 16-bit shades": png(0, 16, [30000], [30000]),
    "one of 16-bit colours": png(2, 16, [4660, 5000, 6000], [4660, 5000, 6000]),
    "16-bit LA": png(4, 16, [4660, 0]),
    "16-bit RGBA": png(6, 16, [4660, 0, 0, 0]),
}


@pytest.mark.parametrize("kind", TRANSPARENT)
@pytest.mark.parametrize(("channels", "expected"), [(3, BLUE), (1, (29,))])
def test_the_background_lies_under_all_that_is_transparent(tmp_path, kind, channels, expected):
    (tmp_path / "picture.png").write_bytes(TRANSPARENT[kind])
    assert (seen(tmp_path / "picture.png", PictureView(background=BLUE), channels) == expected).all()


@pytest.mark.parametrize(("kind", "expected"), [("RGBA", (255, 0, 0)), ("LA", (100,) * 3), ("palette", (255, 0, 0))])
def test_without_a_background_the_hidden_colour_is_seen_as_in_runs_before(tmp_path, kind, expected):
    (tmp_path / "picture.png").write_bytes(TRANSPARENT[kind])
    assert (seen(tmp_path / "picture.png", PictureView()) == expected).all()


def test_what_is_half_transparent_is_mixed(tmp_path):
    Image.new("RGBA", (8, 8), (0, 0, 0, 51)).save(tmp_path / "picture.png")
    assert (seen(tmp_path / "picture.png", PictureView(background=WHITE)) == 204).all()


@pytest.mark.parametrize("mode", ["L", "RGB", "I;16"])
def test_the_background_changes_nothing_of_an_opaque_picture(tmp_path, mode):
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    picture = Image.fromarray(noise).convert("L" if mode != "RGB" else mode)
    picture = Image.fromarray(np.asarray(picture).astype(np.uint16) * 257) if mode == "I;16" else picture
    picture.save(tmp_path / "picture.png")
    before = seen(tmp_path / "picture.png", PictureView())
    assert (seen(tmp_path / "picture.png", PictureView(background=BLUE)) == before).all()


@pytest.fixture
def wide(tmp_path):
    """24 by 8: a red third, a green one, a blue one."""
    pixels = np.zeros((8, 24, 3), np.uint8)
    for third in range(3):
        pixels[:, third * 8 : third * 8 + 8, third] = 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    return tmp_path / "wide.png"


def test_crop_cuts_off_both_ends(wide):
    assert (seen(wide, PictureView("crop", WHITE)) == (0, 255, 0)).all()


def test_squash_shows_all_of_it_in_other_proportions(wide):
    found = seen(wide, PictureView("squash", WHITE), width=12)
    assert [found[4, x].argmax() for x in (0, 2, 5, 7, 9, 11)] == [0, 0, 1, 1, 2, 2]
    assert (found == found[:1]).all()


@pytest.mark.parametrize(("channels", "expected"), [(3, (10, 200, 30)), (1, (124,))])
def test_pad_shows_all_of_it_between_two_bars_of_the_background(wide, channels, expected):
    found = seen(wide, PictureView("pad", (10, 200, 30)), channels, 24, 24)
    assert (found[:8] == expected).all()
    assert (found[16:] == expected).all()
    if channels == 3:
        assert [found[12, x].argmax() for x in (0, 12, 23)] == [0, 1, 2]


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
@pytest.mark.parametrize("size", [(600, 1), (1, 600)])
def test_a_line_of_one_pixel_is_brought_to_the_shape_too(tmp_path, fit, size):
    Image.new("RGB", size, "red").save(tmp_path / "line.png")
    assert ((seen(tmp_path / "line.png", PictureView(fit, WHITE)) == (255, 0, 0)).all(-1)).any()


@pytest.mark.parametrize("suffix", ["gif", "webp", "png"])
def test_of_an_animation_the_first_picture_is_seen(tmp_path, suffix):
    pictures = [Image.new("RGB", (8, 8), name) for name in ("white", "black")]
    pictures[0].save(tmp_path / f"moving.{suffix}", save_all=True, append_images=pictures[1:])
    assert (seen(tmp_path / f"moving.{suffix}", PictureView(background=BLUE)) >= 254).all()


def test_print_colours_of_a_jpeg_are_those_of_a_screen(tmp_path):
    Image.new("RGB", (8, 8), (200, 30, 30)).convert("CMYK").save(tmp_path / "print.jpg")
    assert abs(seen(tmp_path / "print.jpg", PictureView(background=BLUE)).astype(int) - (200, 30, 30)).max() <= 3


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("white", WHITE), ("Light Grey", (211, 211, 211)), ("#0a141e", (10, 20, 30)), ("0A141E", (10, 20, 30)),
        ("#fff", WHITE), ([1, 2, 3], (1, 2, 3)),
    ],
)  # fmt: skip
def test_a_colour_is_a_name_six_digits_or_three_numbers(given, expected):
    assert colour(given) == expected


@pytest.mark.parametrize("given", ["", "#ff", "#0a141e80", [1, 2], [1, 2, 3, 4], [1, 2, 256], [0.1, 0, 0], "1,2,3"])
def test_what_is_no_colour_is_one_line(given):
    with pytest.raises(InputError, match=r"^data.background: got .*, allowed: a name such as white, '#rrggbb', or \["):
        colour(given)


def test_a_misspelt_colour_is_told_the_closest():
    with pytest.raises(InputError, match=r"got 'whte', .*; did you mean 'white'\?$"):
        colour("whte")
