"""A report as a browser shows it: what it asks for, its colours, widths and words."""

import json
import re
from base64 import b64encode
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from epochwise.ladder.counts_document import counts_document
from epochwise.report.page import page

from tests.ladder.example_ladder import example_ladder, found_of
from tests.report.example_document import DOCUMENTS, HOSTILE, one_run, several_runs

AXES = ("epochs", "steps", "samples", "seconds")


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
