import gzip
import json
import os
import pickle
import zipfile

import pandas as pd
import pytest

from epochwise.input_error import InputError
from epochwise.logs.log_file import LogFile
from epochwise.logs.read_log import read_log

ROWS = pd.DataFrame({"epoch": [0, 1], "train_loss": [2.0, 1.0], "val_loss": [2.5, 2.0]})


def refused(path):
    with pytest.raises(InputError) as caught:
        read_log(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


class Opened:
    """Says so where it is unpickled."""

    def __reduce__(self):
        return (os.mkdir, ("opened",))


def test_a_pickle_is_not_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.pkl").write_bytes(pickle.dumps(Opened()))
    assert "is a pickle, which could run any code and is not opened; allowed: the numbers as JSON" in refused(
        tmp_path / "model.pkl"
    )
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"\x89HDF\r\n\x1a\n" + bytes(100), "a file of weights (HDF5)"),
        (gzip.compress(b"epoch,loss\n0,1\n", mtime=0), "packed with gzip; unpack it first"),
        (b"\x89PNG\r\n\x1a\n" + bytes(9), "a picture; allowed: the numbers it was drawn from"),
        (bytes(range(256)) * 4, "holds bytes and no text"),
        (b"epoch,loss\n\xff\xfe", "cannot be read"),
    ],
    ids=["hdf5", "gzip", "png", "bytes", "latin"],
)  # fmt: skip
def test_bytes_are_named_and_refused(tmp_path, content, line):
    (tmp_path / "log.csv").write_bytes(content)
    assert line in refused(tmp_path / "log.csv")


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    for path in (tmp_path, tmp_path / "pipe.csv"):
        assert "is no file" in refused(path)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with open(tmp_path / "log.csv", "wb") as file:
        file.write(b"epoch,loss\n")
        file.truncate(1_000_000_000)
    assert "has 1,000,000,000 bytes, allowed: at most 400,000,000 bytes" in refused(tmp_path / "log.csv")
    with open(tmp_path / "log.json", "wb") as file:
        file.write(b'{"loss": [')
        file.truncate(60_000_000)
    assert "60,000,000 bytes" in refused(tmp_path / "log.json") or "no text" in refused(tmp_path / "log.json")


def test_a_table_in_parquet_says_what_it_said_as_text(tmp_path):
    ROWS.to_parquet(tmp_path / "log.parquet")
    ROWS.to_csv(tmp_path / "log.csv", index=False)
    (packed,), (text,) = (read_log(tmp_path / name) for name in ("log.parquet", "log.csv"))
    assert packed.rows == text.rows


def test_what_is_small_and_packed_and_large_inside_is_not_unpacked(tmp_path):
    path = tmp_path / "log.xlsx"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as part,
    ):
        for _ in range(410):
            part.write(bytes(1_000_000))
    assert path.stat().st_size < 1_000_000
    assert "would take 410,000,000 bytes unpacked" in refused(path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "weights.pt", "w") as archive:
        archive.writestr("data.pkl", b"x")
    assert "is packed (a zip, or weights of torch or Keras)" in refused(tmp_path / "weights.pt")


def test_text_of_windows_is_read(tmp_path):
    (tmp_path / "log.csv").write_text("epoch,train_loss,val_loss\n0,2,2.5\n1,1,2\n", encoding="utf-16")
    (log,) = read_log(tmp_path / "log.csv")
    assert log.rows[1]["val/loss"] == 2


def test_records_without_their_last_half_line_are_read(tmp_path):
    (tmp_path / "log.jsonl").write_text('{"epoch": 0}\n{"epoch": 1}\n{"ep')
    assert LogFile(tmp_path / "log.jsonl").records == [{"epoch": 0}, {"epoch": 1}]
    (tmp_path / "log.json").write_text(json.dumps({"loss": [1]}))
    assert LogFile(tmp_path / "log.json").document == {"loss": [1]}


def test_a_table_of_excel_says_what_it_said_as_text(tmp_path):
    ROWS.to_excel(tmp_path / "log.xlsx", index=False)
    ROWS.to_csv(tmp_path / "log.csv", index=False)
    (packed,), (text,) = (read_log(tmp_path / name) for name in ("log.xlsx", "log.csv"))
    assert packed.rows == text.rows
