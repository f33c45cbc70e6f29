import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from epochwise.report.page import page
from epochwise.report.thin import thin

from tests.report.example_document import HOSTILE, one_run, several_runs


def data_of(text):
    return json.loads(re.search(r'<script type="application/json" id="document">(.*?)</script>', text, re.S).group(1))


def large_document(num_runs=20, num_epochs=500, num_columns=30):
    """Runs of numbers with all their digits, the best epoch and an event at odd places."""
    document = one_run()
    names = ["epoch", "train/loss", "val/loss", *(f"other/{index}" for index in range(num_columns - 3))]
    columns = {name: [(epoch * 7919 % 1009) / 1009 for epoch in range(num_epochs)] for name in names}
    columns["epoch"] = list(range(num_epochs))
    changed = {"columns": columns, "best_epoch": 333, "events": [{"epoch": 271, "name": "lr_drop"}]}
    run = {**document["runs"][0], **changed, "epochs_run": num_epochs}
    return {**document, "runs": [{**run, "name": f"run {index}"} for index in range(num_runs)]}


def test_page_names_no_place_to_load_anything_from():
    text = page(several_runs())
    assert not re.search(r"(?:src|href)=[\"'](?!#)", text.partition('<script type="application/json"')[0])
    assert set(re.findall(r"https?://[\w./]+", text)) == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"url\((?!#)|@import|import\(|fetch\(|XMLHttpRequest|WebSocket|eval\(|innerHTML", text)


def test_no_name_of_the_scripts_is_declared_twice_which_would_leave_the_page_blank():
    script = re.search(r"<script>(.*?)</script>", page(one_run()), re.S).group(1)
    declared = re.findall(r"^(?:const|let|class|(?:async )?function)\s+([\w$]+)", script, re.M)
    assert len(declared) > 50
    assert sorted(declared) == sorted(set(declared))


def test_policy_allows_the_script_and_the_style_of_the_page_and_nothing_else():
    text = page(one_run())
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', text).group(1)
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("script", "style"):
        body = re.search(rf"<{tag}>(.*?)</{tag}>", text, re.S).group(1)
        assert f"{tag}-src 'sha256-{b64encode(sha256(body.encode()).digest()).decode()}'" in policy


@pytest.mark.parametrize("text", [HOSTILE, "<!--<script>", "a\u2028b\u2029c", "]]>&lt;", "$data ${script}", "\udcff"])
def test_no_text_of_a_document_leaves_its_place(text):
    document = one_run()
    run = document["runs"][0]
    document["title"] = run["name"] = run["reason"] = run["verdict"]["reason"] = text
    run["columns"] |= {text: run["columns"]["lr"]}
    run["events"].append({"epoch": 3, "name": text})
    run["next"] = [{"command": text, "reason": text}]
    filled, plain = page(document), page(one_run())
    for mark in ("<script", "</script", "<img", "<!--"):
        assert filled.count(mark) == plain.count(mark)
    assert data_of(filled)["runs"][0]["reason"] == text
    inlined = re.search(r'id="document">(.*?)</script>', filled, re.S).group(1)
    assert inlined.isascii()
    assert not set("<>&") & set(inlined)
    filled.encode()


def test_numbers_have_six_digits_and_what_is_no_number_is_null():
    document = one_run()
    document["runs"][0]["columns"]["val/loss"][:3] = [0.123456789, float("nan"), float("inf")]
    assert data_of(page(document))["runs"][0]["columns"]["val/loss"][:3] == [0.123457, None, None]


def test_small_document_keeps_every_epoch():
    found = thin(one_run(), 900_000)
    assert found["thinned"] is None
    run = found["runs"][0]
    assert run["columns"]["epoch"] == run["others"]["epoch"] == list(range(30))
    assert run["columns"].keys() | run["others"].keys() == one_run()["runs"][0]["columns"].keys() | {"elapsed"}
    assert run["columns"]["elapsed"][-1] == pytest.approx(sum(run["columns"]["seconds"]), rel=1e-4)


def test_twenty_runs_of_500_epochs_with_30_columns_stay_under_1_mb_and_say_what_was_left_out():
    text = page(large_document())
    assert len(text.encode()) < 1_000_000
    found = data_of(text)
    assert "every epoch of the monitored score and one in 4 of the others" in found["thinned"]
    for run in found["runs"]:
        assert run["columns"]["epoch"] == list(range(500))
        assert {0, 271, 333, 499} <= set(run["others"]["epoch"])
        assert len(run["others"]["epoch"]) == len(run["others"]["other/0"]) == 128


def test_monitored_score_is_thinned_only_where_that_does_not_suffice():
    found = thin(large_document(num_runs=2, num_epochs=2000), 20_000)
    assert len(json.dumps(found, separators=(",", ":"))) <= 20_000
    for run in found["runs"]:
        assert {0, 271, 333, 1999} <= set(run["columns"]["epoch"])
        assert len(run["columns"]["epoch"]) > 4 * len(run["others"]["epoch"])


def test_bare_table_of_another_tool_makes_a_page():
    run = dict.fromkeys(one_run()["runs"][0]) | {"name": "log.csv", "monitor": "val/loss", "mode": "min"}
    columns = {"epoch": [0, 1], "val/loss": [1.0, 0.5]}
    run |= {"columns": columns, "events": [], "test": {}, "replay": [], "next": [], "epochs_run": 2}
    assert data_of(page({"title": "log.csv", "made": "", "runs": [run], "seeds": []}))["runs"][0]["plan"] is None


def test_hundred_long_runs_fit_too():
    assert len(page(large_document(num_runs=100, num_epochs=300, num_columns=10)).encode()) < 1_000_000
