"""Curves of a report as a browser draws them."""

import re

import pytest

from epochwise.report.page import page

from tests.report.example_document import DOCUMENTS, several_runs

AXES = ("epochs", "steps", "samples", "seconds")
NO_SCORES = {"epoch", "step", "samples"}


def expected_series(document):
    return {
        f"{run['name']}|{name}"
        for run in document["runs"]
        for name, column in run["columns"].items()
        if name not in NO_SCORES and any(value is not None for value in column)
    }


def series_of(browser):
    """Name -> where its path goes, in the order of its points."""
    script = "return [...document.querySelectorAll('path.series')].map(p => [p.dataset.name, p.getAttribute('d')])"
    found = browser.execute_script(script)
    assert len(found) == len(dict(found))
    return {name: [tuple(map(float, pair)) for pair in POINT.findall(d)] for name, d in found if WHOLE.fullmatch(d)}


POINT = re.compile(r"[ML](-?[\d.]+),(-?[\d.]+)")
WHOLE = re.compile(r"M-?[\d.]+,-?[\d.]+(?:L-?[\d.]+,-?[\d.]+)*(?:h0)?")


def press(browser, axis):
    browser.execute_script(f"document.querySelector('[data-axis={axis}]').click()")


@pytest.mark.parametrize("width", [1200, 360])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_series_is_in_the_picture_point_by_point(opened, name, width):
    found = series_of(opened(name, width))
    assert found.keys() == expected_series(DOCUMENTS[name])
    for run in DOCUMENTS[name]["runs"]:
        for column in ("train/loss", "val/loss", "val/f1", "val/auc"):
            count = sum(value is not None for value in run["columns"][column])
            assert len(found[f"{run['name']}|{column}"]) == count
    for (x, _), (next_x, _) in zip(found[f"{run['name']}|lr"], found[f"{run['name']}|lr"][1:], strict=False):
        assert 0 <= x < next_x <= width


@pytest.mark.parametrize("name", DOCUMENTS)
def test_axis_switch_moves_every_series_and_renames_the_axis(opened, name):
    browser = opened(name)
    labels, seen = set(), {}
    for axis in AXES:
        press(browser, axis)
        said = browser.execute_script("return [...document.querySelectorAll('.axis-label')].map(t => t.textContent)")
        assert len(set(said)) == 1
        labels.add(said[0])
        ticks = browser.execute_script("return [...document.querySelectorAll('.frame')].map(g => g.textContent)")
        pressed = browser.execute_script("return [...document.querySelectorAll('[data-axis][aria-pressed=true]')]")
        assert [button.get_attribute("data-axis") for button in pressed] == [axis]
        seen[axis] = (series_of(browser), ticks)
    assert len(labels) == 4
    for axis, before in zip(AXES[1:], AXES, strict=False):
        (now, ticks), (then, ticks_then) = seen[axis], seen[before]
        assert all(one != other for one, other in zip(ticks, ticks_then, strict=True))
        assert now.keys() == then.keys() == expected_series(DOCUMENTS[name])
        assert all([x for x, _ in now[key]] != [x for x, _ in then[key]] for key in now)


def test_axis_that_a_run_lacks_cannot_be_chosen(browser, tmp_path):
    document = several_runs()
    del document["runs"][1]["columns"]["samples"]
    (tmp_path / "page.html").write_text(page(document), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    script = "return [...document.querySelectorAll('[data-axis]')].map(b => [b.dataset.axis, b.disabled])"
    assert dict(browser.execute_script(script)) == dict.fromkeys(AXES, False) | {"samples": True}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_picture_is_named_for_those_who_cannot_see_it(opened, name):
    script = (
        "return [...document.querySelectorAll('svg')].map(s => [s.getAttribute('role'), s.getAttribute('aria-label')])"
    )
    found = opened(name).execute_script(script)
    assert all(role == "img" and label for role, label in found)


def test_marks_of_a_run_are_drawn(opened):
    browser = opened("one")
    marks = browser.execute_script("return document.querySelector('figure.tall .marks').textContent")
    for mark in ("unfreeze", "lr drop", "stop", f"best {DOCUMENTS['one']['runs'][0]['best_epoch']}"):
        assert mark in marks
    for selector in (".recommended", ".area", ".forecast", "circle.best"):
        d = browser.execute_script(f"return document.querySelector('figure.tall {selector}').outerHTML")
        assert not re.search("NaN|Infinity|undefined", d)
    means = opened("several").execute_script("return document.querySelectorAll('path.mean').length")
    assert means == len(DOCUMENTS["several"]["seeds"][0]["columns"])


def test_values_at_an_epoch_can_be_read_by_keyboard(opened):
    from selenium.webdriver.common.keys import Keys

    browser = opened("one")
    box = browser.find_element("css selector", "figure.tall .plot")
    box.send_keys(Keys.HOME, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    told = browser.find_element("css selector", "figure.tall .told").text
    assert told.startswith("epoch 2 · unfreeze")
    value = DOCUMENTS["one"]["runs"][0]["columns"]["val/loss"][2]
    assert f"val/loss {float(f'{value:.5g}')}" in told


def test_hiding_a_run_takes_its_series_out_and_back(opened):
    browser = opened("several")
    click = "document.querySelectorAll('input[type=checkbox]')[1].click()"
    browser.execute_script(click)
    gone = expected_series(DOCUMENTS["several"]) - series_of(browser).keys()
    assert gone == {name for name in expected_series(DOCUMENTS["several"]) if name.startswith("seed=1|")}
    browser.execute_script(click)
    assert series_of(browser).keys() == expected_series(DOCUMENTS["several"])


def test_logarithmic_axis_is_offered_where_all_values_are_positive(opened):
    browser = opened("one")
    before = series_of(browser)
    browser.execute_script("document.querySelector('figure.tall .log').click()")
    after = series_of(browser)
    name = f"{DOCUMENTS['one']['runs'][0]['name']}|val/loss"
    assert [x for x, _ in after[name]] == [x for x, _ in before[name]]
    assert [y for _, y in after[name]] != [y for _, y in before[name]]


def test_column_with_a_single_number_is_drawn_as_a_dot(opened):
    dots = opened("one").execute_script("return document.querySelectorAll('circle.dot').length")
    assert dots == 1
