import subprocess
import sys

import pytest
from PIL import Image

from epochwise.report.picture import draw_picture

from tests.report.example_document import one_run, several_runs


def colours_of(path):
    with Image.open(path) as picture:
        return {colour for _, colour in picture.convert("RGB").getcolors(1 << 24)}


@pytest.mark.parametrize("document", [one_run(), several_runs()], ids=["one", "several"])
def test_picture_is_a_small_png(tmp_path, document):
    draw_picture(document, tmp_path / "curves.png")
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.format == "PNG"
        assert picture.width == 900
    assert (tmp_path / "curves.png").stat().st_size < 200_000
    assert [path.name for path in tmp_path.iterdir()] == ["curves.png"]


def test_each_mark_is_in_the_picture(tmp_path):
    marks = {"recommended_epochs": None, "events": [], "best_epoch": None, "forecast": None}
    path, document = tmp_path / "curves.png", one_run()
    (run,) = document["runs"]
    run["columns"] = {name: run["columns"][name] for name in ("epoch", "val/loss")}  # one chart is drawn at once
    draw_picture(document, path)
    whole = path.read_bytes()
    for name, nothing in marks.items():
        draw_picture(document | {"runs": [run | {name: nothing}]}, path)
        assert path.read_bytes() != whole, name


def test_a_further_validation_set_is_drawn_beside_val(tmp_path):
    path, document = tmp_path / "curves.png", one_run()
    (run,) = document["runs"]
    run["columns"] = {name: run["columns"][name] for name in ("epoch", "val/loss")}
    draw_picture(document, path)
    alone = path.read_bytes()
    run["columns"]["val_other/loss"] = [value and value + 0.1 for value in run["columns"]["val/loss"]]
    draw_picture(document, path)
    assert path.read_bytes() != alone
    assert (213, 94, 0) in colours_of(path)  # the second line


def test_stages_have_their_colours(tmp_path):
    draw_picture(one_run(), tmp_path / "curves.png")
    assert {(0, 114, 178), (213, 94, 0)} <= colours_of(tmp_path / "curves.png")


@pytest.mark.parametrize("value", [None, 1e308, 0.0])
def test_column_of_one_value_is_no_fault(tmp_path, value):
    document = one_run()
    columns = document["runs"][0]["columns"]
    document["runs"][0]["columns"] = {name: [value] * 30 for name in columns} | {"epoch": columns["epoch"]}
    draw_picture(document, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").exists()


def test_names_are_not_read_as_formulas_and_letters_without_a_shape_are_no_fault(tmp_path):
    document = several_runs()
    document["title"] = document["runs"][0]["name"] = r"$\frac{ 頭 \udcff" * 20
    draw_picture(document, tmp_path / "curves.png")


def test_a_run_may_have_columns_that_another_lacks(tmp_path):
    document = several_runs()
    columns = document["runs"][0]["columns"]
    columns["lr/head"] = [0.1] * len(columns["epoch"])
    columns.pop("lr", None)
    draw_picture(document, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").stat().st_size > 10_000


def test_matplotlib_is_imported_by_drawing_alone_and_pyplot_never():
    code = (
        "import sys, epochwise.report.picture, epochwise.report.page;"
        "before = 'matplotlib' in sys.modules;"
        "from pathlib import Path; from tempfile import mkdtemp; from tests.report.example_document import one_run;"
        "epochwise.report.picture.draw_picture(one_run(), Path(mkdtemp()) / 'curves.png');"
        "print(before, 'matplotlib.pyplot' in sys.modules, 'torch' in sys.modules, 'lightning' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False"] * 4
