"""Data files as damage and programs leave them: they are read, or refused in clear lines."""

import io
import os
import shutil
import signal
import struct
import warnings
import zlib
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image

from epochwise.data.image_folder import ImageFolder
from epochwise.data.table import Table
from epochwise.data.torchvision_pictures import FashionMNIST
from epochwise.input_error import InputError

NUM_DATA_FILES = int(os.environ.get("NUM_DATA_FILES", "300"))
FEW = 12
MOST_SECONDS = 10  # of computing
CELLS = ("1", "0.5", "-3", "", "nan", "NaN", "inf", "-inf", "1e308", "1e400", "9" * 400, "x", "a,b", '"', '"a', "\0",
         "\n", "2024-01-01", "True", "é", "🙂", "null", "0x1F", " 1 ", "1,5", "\x1b[31m", "\u2028", "1" * 50,
         "\t", ";")  # fmt: skip
BYTES = (b"", b"\n", b"\0" * 64, b"\xff\xfe\x00", b"GIF89a", b"PK\x03\x04", b"PAR1", b"PAR1\0\0\0\0PAR1",
         b"\x89PNG\r\n\x1a\n", b"<html></html>", b"x" * 1_000_000, b",\n" * 1000, b'"' * 999,
         "ü,target\n1,2\n".encode("latin1"))  # fmt: skip


def png(width, height, colour=2, packed=b""):
    """A PNG that says it is as large as it likes."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def pictures():
    """Bytes of pictures of all kinds of pixels, good ones and bombs."""
    made = []
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I", "I;16", "F", "YCbCr"):
        for kind in ("PNG", "JPEG", "TIFF", "BMP", "WEBP"):
            file = io.BytesIO()
            try:
                Image.new(mode, (9, 7)).save(file, kind)
            except (OSError, ValueError, KeyError):
                continue  # no such file can be written
            made.append(file.getvalue())
    bomb = zlib.compress(b"\0" * 20_000_000, 9)
    sizes = [(1, 1), (1, 50_000), (50_000, 1), (5_000, 5_000), (60_000, 60_000), (0, 0), (2**31 - 1, 2**31 - 1)]
    return [*made, *(png(width, height, packed=bomb) for width, height in sizes), png(9, 9, colour=1), *BYTES]


@st.composite
def broken(draw, files):
    """The bytes of one of the files, cut short or with a few of them changed."""
    content = bytearray(draw(files))
    match draw(st.sampled_from(("as it is", "cut", "flip", "double"))):
        case "cut":
            return bytes(content[: int(draw(st.floats(0, 1)) * len(content))])
        case "flip" if content:
            for place in draw(st.lists(st.floats(0, 0.999), min_size=1, max_size=8)):
                content[int(place * len(content))] ^= draw(st.integers(1, 255))
        case "double":
            return bytes(content * 2)
    return bytes(content)


@st.composite
def csv(draw):
    """A table of 30 rows of three columns, a few cells, names and rows of which are not as they should be."""
    count = draw(st.sampled_from((30, 30, 30, 30, 2, 1, 0)))
    rows = [[f"{row}.5", "ab"[row % 2], "xyz"[row % 3]] for row in range(count)]
    rows.insert(0, ["number", "text", "target"])
    for _ in range(draw(st.integers(0, 4))):
        row, cell = draw(st.sampled_from(rows)), draw(st.sampled_from(CELLS))
        match draw(st.sampled_from(("cell", "cell", "column", "longer", "shorter", "name"))):
            case "cell" if row:
                row[draw(st.integers(0, len(row) - 1))] = cell
            case "column":
                place = draw(st.integers(0, 2))
                for other in rows[1:]:
                    other[place : place + 1] = [cell]
            case "longer":
                row.extend([cell] * draw(st.sampled_from((1, 1000))))
            case "shorter":
                del row[draw(st.integers(0, 2)) :]
            case "name":
                rows[0][: draw(st.integers(1, 3))] = [draw(st.sampled_from(("target", "text", *CELLS)))]
    encoding = draw(st.sampled_from(("utf-8", "utf-8", "utf-8", "utf-16", "utf-8-sig")))
    return "\n".join(",".join(row) for row in rows).encode(encoding)


@st.composite
def parquet(draw):
    """A table of 30 rows in which a column may hold anything that such a file can."""
    columns = {"number": np.arange(30.0), "text": ["a", "b"] * 15, "target": ["x", "y", "z"] * 10}
    others = (
        [None] * 30, [np.nan] * 30, [np.inf] + [1.0] * 29, [[1, 2]] * 30, [{"a": 1}] * 30, [b"\xff"] * 30,
        [True, None] * 15, pd.date_range("2024", periods=30), pd.to_timedelta(np.arange(30), "s"),
        pd.Categorical(["a", "b"] * 15), [2**62] * 30, [0.1] * 30, [""] * 30, ["é\n"] * 30, [1e308, -1e308] * 15,
        pd.array([1, None] * 15, "Int64"),
        pd.date_range("2024", periods=30, tz="UTC"), np.arange(30, dtype="uint8"), [Decimal("1.5")] * 30,
        pd.period_range("2024", periods=30), [pd.Timestamp("2024").date()] * 30, pd.array([True] * 30, "boolean"),
    )  # fmt: skip
    for _ in range(draw(st.integers(0, 2))):
        columns[draw(st.sampled_from(("number", "text", "target", "")))] = draw(st.sampled_from(others))
    frame = pd.DataFrame(columns)[: draw(st.sampled_from((30, 30, 3, 0)))]
    file = io.BytesIO()
    frame.to_parquet(file)
    return file.getvalue()


@st.composite
def idx(draw):
    """The bytes of one of FashionMNIST's four files: what it holds and how much of it."""
    pixels = draw(st.booleans())
    count = draw(st.sampled_from((200, 200, 200, 10, 0)))
    shape = draw(st.sampled_from(((28, 28), (28, 28), (1, 1), (0, 28), (28,), (28, 28, 3)))) if pixels else ()
    values = np.arange(count * int(np.prod(shape)), dtype=np.int64) % draw(st.sampled_from((10, 10, 10, 256, 1)))
    head = struct.pack(f">BBBB{1 + len(shape)}I", 0, 0, draw(st.sampled_from((8, 8, 8, 9, 11, 13, 14, 99))),
                       1 + len(shape), draw(st.sampled_from((count, count, count, 2**31, 201))), *shape)  # fmt: skip
    return head + values.astype(np.uint8).tobytes()


def table(folder, draw):
    suffix, made = draw(st.sampled_from(((".csv", csv()), (".csv", csv()), (".parquet", parquet()))))
    content = draw(draw(st.sampled_from((made, made, made, broken(made), broken(st.sampled_from(BYTES))))))
    (folder / f"rows{suffix}").write_bytes(content)
    kind, target = draw(st.sampled_from((("class", "target"), ("number", "number"), ("number", "target"))))
    missing = draw(st.sampled_from(("raise", "median")))
    return Table(path=str(folder / f"rows{suffix}"), target=target, kind=kind, on_missing=missing)


def image_folder(folder, draw):
    for name in ("cat", "dog"):
        (folder / name).mkdir()
        for number in range(draw(st.sampled_from((8, 8, 8, 2, 0)))):
            Image.new("RGB", (9, 7), number).save(folder / name / f"{number}.png")
    for _ in range(draw(st.integers(1, 3))):
        place = folder / draw(st.sampled_from(("cat", "dog", ".", "train")))
        place.mkdir(exist_ok=True)
        suffix = draw(st.sampled_from((".png", ".jpg", ".JPEG", ".tiff", ".webp", ".txt", ".pgm")))
        (place / f"odd{suffix}").write_bytes(draw(broken(st.sampled_from(pictures()))))
    channels, on_error = draw(st.sampled_from((1, 3))), draw(st.sampled_from(("raise", "skip")))
    return ImageFolder(root=str(folder), image_size=8, channels=channels, on_error=on_error)


def fashion_mnist(folder, draw):
    raw = folder / "FashionMNIST/raw"
    raw.mkdir(parents=True)
    for split in ("train", "t10k"):
        for kind, shape in (("images-idx3", (28, 28)), ("labels-idx1", ())):
            good = struct.pack(f">BBBB{1 + len(shape)}I", 0, 0, 8, 1 + len(shape), 200, *shape)
            good += (np.arange(200 * int(np.prod(shape))) % 10).astype(np.uint8).tobytes()
            made = st.just(good)
            made = draw(st.sampled_from((made, made, made, made, idx(), broken(idx()), broken(made))))
            (raw / f"{split}-{kind}-ubyte").write_bytes(draw(made))
    return FashionMNIST(root=str(folder))


def ring(*_):
    raise BaseException(f"no answer within {MOST_SECONDS} s")


def hold(tmp_path, count):
    """So many sets of files are read or refused."""
    outcomes = {"read": 0, "refused": 0}
    number = iter(range(10**9))

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,  # `ring`
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.data(), st.sampled_from((table, table, image_folder, fashion_mnist)))
    def is_read_or_refused(data, kind):
        folder = tmp_path / str(next(number))
        folder.mkdir()
        module = kind(folder, data.draw)
        before = signal.signal(signal.SIGPROF, ring)
        signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of PIL and pandas, on what they read
                module.setup("fit")
                for split in ("train", "val", "test"):
                    for x, y in module.split_dataloader(split):
                        assert x.isfinite().all() and y.isfinite().all() and len(x) == len(y)
        except InputError as error:
            said = error.lines
        else:
            said = None
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
            shutil.rmtree(folder)
        assert said is None or (said and all(line.strip() and line.isprintable() for line in said))
        outcomes["read" if said is None else "refused"] += 1

    is_read_or_refused()
    assert sum(outcomes.values()) >= count and min(outcomes.values()) > 0, outcomes  # neither all good nor all bad


@pytest.fixture(autouse=True)
def no_downloads(monkeypatch):
    """What is missing stays so."""
    monkeypatch.setattr("torchvision.datasets.mnist.download_and_extract_archive", None)


def test_a_few_damaged_data_files_are_read_or_refused(tmp_path):
    hold(tmp_path, FEW)


@pytest.mark.faults
def test_damaged_data_files_by_the_hundred_are_read_or_refused(tmp_path):
    hold(tmp_path, NUM_DATA_FILES)
