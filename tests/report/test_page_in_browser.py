import json
import re
from base64 import b64encode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from epochwise.ladder.counts_document import counts_document
from epochwise.report.page import page

from tests import browser as chromium
from tests.ladder.example_ladder import example_ladder, found_of
from tests.report.example_document import HOSTILE, one_run, several_runs

pytest.importorskip("selenium", reason="selenium is not installed (extra `dev`)")
if not (chromium.CHROMIUM and chromium.DRIVER):
    pytest.skip("no chromium and chromedriver on the PATH (Debian: chromium-driver)", allow_module_level=True)

DOCUMENTS = {"one": one_run(), "several": several_runs()}
ROUNDS = one_run()
ROUNDS["runs"][0]["unit"] = "round"
AXES = ("epochs", "steps", "samples", "seconds")
NO_SCORES = {"epoch", "step", "samples"}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.browser(tmp_path_factory.mktemp("chromium"), logs=True) as started:
        started.get("about:blank")  # leave the page of new tabs, which asks for a hundred files of the browser's own
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    for name, document in (DOCUMENTS | {"rounds": ROUNDS}).items():
        (folder / f"{name}.html").write_text(page(document), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in [*DOCUMENTS, "rounds"]}


@pytest.fixture
def opened(browser, files):
    """Opens a page at a width, light or dark."""

    def open_page(name, width=1200, scheme="light"):
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(files[name])
        return browser

    return open_page


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


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_request_leaves_the_file_and_the_console_stays_empty(opened, files, name):
    browser = opened(name)
    for axis in AXES:
        press(browser, axis)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}
    assert sent == {files[name]}
    assert browser.get_log("browser") == []


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


def test_light_and_dark_follow_the_system_and_the_button(opened):
    script = "return getComputedStyle(document.body).backgroundColor"
    light, dark = (opened("one", scheme=scheme).execute_script(script) for scheme in ("light", "dark"))
    assert light == "rgb(255, 255, 255)"
    assert sum(map(int, re.findall(r"\d+", dark))) < 150
    browser = opened("one", scheme="dark")
    browser.execute_script("document.querySelector('.theme').click()")
    assert browser.execute_script(script) == light


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("width", [360, 1200])
def test_page_never_scrolls_sideways(opened, name, width):
    browser = opened(name, width)
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_hostile_name_stays_text(opened):
    browser = opened("several")
    browser.execute_script("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert browser.title == HOSTILE
    assert browser.execute_script("return document.querySelector('h1').textContent") == HOSTILE
    assert browser.execute_script("return document.querySelectorAll('img').length") == 0
    assert browser.execute_script("return document.querySelectorAll('script').length") == 2


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


def test_scores_to_be_raised_are_shown_as_they_are(browser, tmp_path):
    document = one_run()
    document["runs"][0]["mode"] = "max"
    document["runs"][0]["verdict"]["evidence"] |= {"best": -0.9371, "end": -0.9222}
    (tmp_path / "page.html").write_text(page(document), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    told = browser.execute_script("return document.querySelector('.verdict').textContent")
    assert "0.9371, epoch" in told
    assert "0.9222, " in told
    assert "\N{MINUS SIGN}0.9" not in told


def test_command_can_be_copied_or_is_selected(opened):
    browser = opened("one")
    browser.execute_script("document.querySelector('.command button').click()")
    browser.execute_async_script("setTimeout(arguments[0], 100)")
    said = browser.execute_script("return document.querySelector('.command button').textContent")
    assert said in ("copied", "selected")
    if said == "selected":
        selected = browser.execute_script("return getSelection().toString()")
        assert selected == DOCUMENTS["one"]["runs"][0]["next"][0]["command"]


def test_report_without_any_number_says_so(browser, tmp_path):
    document = one_run()
    columns = document["runs"][0]["columns"]
    document["runs"][0]["columns"] = {name: [None] * 30 for name in columns}
    (tmp_path / "page.html").write_text(page(document), encoding="utf-8")
    browser.get_log("browser")
    browser.get((tmp_path / "page.html").as_uri())
    assert "Nothing to draw" in browser.execute_script("return document.getElementById('charts').textContent")
    assert browser.get_log("browser") == []


def test_the_sheet_of_training_pictures_is_shown_at_any_width(opened, browser, tmp_path):
    file = BytesIO()
    Image.new("RGB", (900, 180), (10, 20, 30)).save(file, "PNG")
    document = one_run() | {"pictures": b64encode(file.getvalue()).decode()}
    (tmp_path / "page.html").write_text(page(document), encoding="utf-8")
    opened("one", 360)
    browser.get((tmp_path / "page.html").as_uri())
    sheet = browser.find_element("css selector", "img.sheet")
    assert sheet.get_property("naturalWidth") == 900
    assert sheet.get_attribute("alt")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("scores", [None, [[0.5, 0.5, 0.5]], [[0.9, 0.5, 0.8]] * 2], ids=["falls", "level", "turns"])
def test_score_over_counts_is_told_drawn_and_tabled_first(browser, tmp_path, scores):
    changed = {} if scores is None else {"scores": np.array(scores), "seeds": (0, 7)[: len(scores)], "others": {}}
    ladder = example_ladder(**changed)
    counts = counts_document(ladder, found_of(ladder))
    (tmp_path / "page.html").write_text(page(several_runs() | {"counts": counts}), encoding="utf-8")
    browser.get_log("browser")
    size = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get((tmp_path / "page.html").as_uri())
    assert browser.get_log("browser") == []
    section = "document.querySelector('main section')"
    said = browser.execute_script(f"return {section}.textContent")
    for sentence in counts["words"]:
        assert sentence in said
    assert "epochs-10-seed-7 failed: RuntimeError: out of memory" in said
    assert browser.execute_script(f"return {section}.querySelectorAll('tbody tr').length") == 3
    drawn = browser.execute_script(f"return {section}.querySelector('svg.counts').outerHTML")
    assert not re.search("NaN|Infinity|undefined", drawn)
    assert drawn.count('class="area') == (counts["forecast"] is not None)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 360


def test_the_page_of_boosting_speaks_of_rounds(opened):
    text = opened("rounds").find_element("tag name", "body").text
    assert "round, counted from 0" in text
    assert re.search(r"round \d+ \(from 0\), the \d+(st|nd|rd|th) of 30", text)
    assert "epoch, counted from 0" in opened("one").find_element("tag name", "body").text
