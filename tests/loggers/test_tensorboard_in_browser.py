import re

import pytest

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.browser import CHROMIUM, DRIVER, browser, charts, tensorboard

pytest.importorskip("selenium", reason="selenium is not installed (extra `dev`)")
if not (CHROMIUM and DRIVER):
    pytest.skip("no chromium and chromedriver on the PATH (Debian: chromium-driver)", allow_module_level=True)

BATCHES = ("64", "64", "128")


@pytest.fixture(scope="module")
def runs(tmp_path_factory, composed):
    """Three runs of three epochs; the last takes half as many steps an epoch."""
    folder = tmp_path_factory.mktemp("runs")
    for name, batch_size in zip("abc", BATCHES, strict=True):
        settings = ["trainer.max_epochs=3", f"data.batch_size={batch_size}", "data.max_train_samples=256"]
        train(composed(*settings, "~callbacks.model_summary", f"seed={ord(name)}", run_folder=folder / name))
    return folder


@pytest.fixture(scope="module")
def shown(runs, tmp_path_factory):
    """Title of a chart -> its lines, each as the x and y of its points, in pixels; and the text of the page."""
    with tensorboard(runs) as address, browser(tmp_path_factory.mktemp("chromium")) as opened:
        found = charts(opened, address, "^(epoch|step)/val/loss$", len(BATCHES))
        names = opened.execute_script("return document.querySelector('runs-table').textContent")
    return {title: [points(line) for line in lines] for title, lines in found.items()}, names


def points(line):
    return [(float(x), float(y)) for x, y in re.findall(r"[ML](-?[\d.]+)[, ](-?[\d.]+)", line)]


@pytest.mark.long
def test_tensorboard_shows_one_line_a_run_and_one_point_an_epoch(shown):
    lines, names = shown
    assert [len(line) for line in lines["epoch/val/loss"]] == [3, 3, 3]
    assert all(f"{name}/tensorboard" in names for name in "abc")


def test_against_epochs_runs_of_other_batch_sizes_line_up_and_against_steps_they_do_not(shown):
    places = {title: {tuple(round(x) for x, _ in line) for line in lines} for title, lines in shown[0].items()}
    assert len(places["epoch/val/loss"]) == 1
    assert len(places["step/val/loss"]) == 2


def test_the_lines_are_drawn_as_epochs_csv_has_the_scores(shown, runs):
    tables = [read_epochs_csv(runs / name / "epochs.csv") for name in "abc"]
    expected = [[row["val/loss"] for row in table] for table in tables]
    low, high = min(map(min, expected)), max(map(max, expected))
    drawn = [[y for _, y in line] for line in shown[0]["epoch/val/loss"]]
    top, bottom = min(map(min, drawn)), max(map(max, drawn))  # pixels count downwards
    heights = sorted([round((bottom - y) / (bottom - top), 2) for y in line] for line in drawn)
    wanted = sorted([round((value - low) / (high - low), 2) for value in values] for values in expected)
    for line, values in zip(heights, wanted, strict=True):
        assert line == pytest.approx(values, abs=0.02)
