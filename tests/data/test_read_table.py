import pandas as pd
import pytest

from epochwise.data.tables.read_table import read_table
from epochwise.input_error import InputError


def test_csv_and_parquet_are_the_same_table(tmp_path):
    frame = pd.DataFrame({"age": [1.5, 2.5], "town": ["Ulm", "Bonn"], "n": [1, 2]})
    frame.to_csv(tmp_path / "rows.csv", index=False)
    frame.to_parquet(tmp_path / "rows.parquet")
    for name in ("rows.csv", "rows.parquet"):
        pd.testing.assert_frame_equal(read_table(str(tmp_path / name), "data.path"), frame)


@pytest.mark.parametrize(
    ("path", "shape", "target"),
    [("breast_cancer", (569, 31), "malignant"), ("wine", (178, 14), "class_0"), ("diabetes", (442, 11), 151.0)],
)
def test_shipped_tables_are_real(path, shape, target):
    frame = read_table(path, "data.path")
    assert frame.shape == shape
    assert frame["target"].iloc[0] == target


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("rows.xlsx", b"x", r"not a table; allowed: .csv, .parquet, or one of breast_cancer, diabetes, linnerud, wine"),
        ("rows.csv", b"", r"not a readable table"),
        ("rows.csv", b"a,b\n1,2,3\n4\n5,6,7,8\n", r"not a readable table"),
        ("rows.csv", b"\xff\xfe\x00broken", r"not a readable table"),
        ("rows.parquet", b"no parquet", r"not a readable table"),
        ("rows.csv", b"a,b\n", r"no row in it"),
    ],
)
def test_file_that_is_no_table_is_an_error(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"^data.path=.*{name}: {message}.*$"):
        read_table(str(tmp_path / name), "data.path")


def test_missing_file_is_an_error_with_the_closest_name(tmp_path):
    (tmp_path / "rows.csv").touch()
    with pytest.raises(InputError, match=r"there is no 'row.csv'; did you mean 'rows.csv'"):
        read_table(str(tmp_path / "row.csv"), "data.path")


def test_a_shipped_table_of_several_numbers_names_them():
    frame = read_table("linnerud", "data.path")
    assert frame.shape == (20, 6)
    assert {"Weight", "Waist", "Pulse"} < set(frame)


def test_text_that_a_parquet_holds_as_bytes_is_text_or_refused(tmp_path):
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"number": [1, 2], "text": ["Größe".encode(), None]}).to_parquet(path)
    assert read_table(str(path), "data.path")["text"].tolist()[0] == "Größe"
    pd.DataFrame({"number": [1, 2], "text": [b"\xff", b"a"]}).to_parquet(path)
    with pytest.raises(InputError, match=r"^data\.path=.*: column 'text' holds bytes that are no text; allowed: "):
        read_table(str(path), "data.path")
