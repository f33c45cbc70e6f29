import json

import pandas as pd
import pytest

from epochwise.data.texts.read_texts import NAME, read_texts
from epochwise.input_error import InputError

ROWS = pd.DataFrame({"text": ["NA", "one, two", "2020-01-01", "x"], "label": ["a", "b", "a", "b"]})


@pytest.fixture
def write(tmp_path):
    def file(name, content=None):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".csv":
            ROWS.to_csv(path, index=False)
        elif path.suffix == ".parquet":
            ROWS.to_parquet(path)
        elif path.suffix == ".jsonl" and content is None:
            path.write_text("".join(json.dumps(row) + "\n" for row in ROWS.to_dict("records")))
        else:
            path.write_text(content or "")
        return path

    return file


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".jsonl"])
def test_tables_keep_every_letter(write, suffix):
    found = read_texts(str(write(f"rows{suffix}")), "data.path", "text")
    assert found.keys() == {"train"}
    assert found["train"]["text"].tolist() == ROWS["text"].tolist()
    assert found["train"]["label"].tolist() == ROWS["label"].tolist()


def test_a_folder_of_texts_has_a_folder_a_class(write, tmp_path):
    for name in ("good/b.txt", "good/a.txt", "bad/a.txt"):
        write(name, f"text of {name}")
    found = read_texts(str(tmp_path), "data.path", "text", "label")["train"]
    assert found[NAME].tolist() == ["bad/a", "good/a", "good/b"]
    assert found["label"].tolist() == ["bad", "good", "good"]
    assert found["text"][0] == "text of bad/a.txt"


def test_texts_without_classes_may_lie_anywhere(write, tmp_path):
    write("a.txt", "one")
    write("below/b.txt", "two")
    assert read_texts(str(tmp_path), "data.path", "text")["train"][NAME].tolist() == ["a", "below/b"]
    assert read_texts(str(tmp_path / "a.txt"), "data.path", "text")["train"]["text"].tolist() == ["one"]


def test_published_splits_are_folders_or_tables(write, tmp_path):
    write("folders/train/a/1.txt", "one")
    write("folders/test/a/1.txt", "two")
    found = read_texts(str(tmp_path / "folders"), "data.path", "text", "label")
    assert {split: frame["text"].tolist() for split, frame in found.items()} == {"train": ["one"], "test": ["two"]}
    write("tables/train.csv")
    write("tables/validation.jsonl")
    found = read_texts(str(tmp_path / "tables"), "data.path", "text")
    assert {split: len(frame) for split, frame in found.items()} == {"train": 4, "val": 4}


@pytest.mark.parametrize(
    ("name", "content", "text", "message"),
    [
        ("rows.csv", None, "texts", r"^data.text=texts: no such column; did you mean 'text'\?"),
        ("rows.docx", "x", "text", r"not a file of texts; allowed: .csv, .parquet, .jsonl, .ndjson, .txt, or a folder"),
        ("rows.csv", None, "body", r"^data.text=body: no such column; there are "),
        (
            "rows.jsonl",
            '{"text": "a"}\n\n{"text',
            "text",
            r"not a readable table \(line 3: Unterminated string .* letter 2",
        ),
        ("rows.jsonl", '{"text": "a"}\n["b"]', "text", r"not a readable table \(line 2: no JSON object\)"),
        ("rows.jsonl", '{"text": "a"}\n{"text": 3}\n', "text", r"^data: the text 'text' holds 3 in row 1 \(counted"),
        ("rows.jsonl", '{"text": "a"}\n{"b": 3}\n', "text", r"^data: the text 'text' is empty in row 1 \(counted"),
        ("a.txt", " ", "text", r"^data: the text 'text' is empty in a.txt; allowed: texts"),
    ],
)
def test_what_cannot_be_read_is_one_line(write, name, content, text, message):
    path = write(name, content)
    with pytest.raises(InputError, match=message) as told:
        read_texts(str(path), "data.path", text)
    assert len(told.value.lines) == 1


def test_a_text_beside_the_folders_of_classes_is_one_line(write, tmp_path):
    write("a/1.txt", "one")
    write("2.txt", "two")
    with pytest.raises(InputError, match=r"2.txt stands in no folder of a class; .*data.kind=tokens"):
        read_texts(str(tmp_path), "data.path", "text", "label")


def test_an_empty_folder_and_bytes_are_one_line(tmp_path):
    with pytest.raises(InputError, match=r"no .txt file in this folder"):
        read_texts(str(tmp_path), "data.path", "text")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"not a readable text in UTF-8"):
        read_texts(str(tmp_path), "data.path", "text")
