"""Every kind of target in many runs: folds, a search, a ladder of counts."""

import csv
import json
from pathlib import Path

import pytest

from tests.commands.kinds import KINDS, words, write_kinds

#: Two to four short runs each.
pytestmark = pytest.mark.long

QUICK = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "report=false"]
#: What cuts and orders by itself, and what is said of it.
UNCUT = {
    "stream": "data: a stream is not cut, so there are no folds; allowed: ",
    "module": "data: OwnModule cuts its samples by itself, so there are no folds; allowed: data=own",
}
#: What has no classes to be stratified by, and is told so.
SPLITTER = {"numbers": "kfold", "mask": "kfold", "tokens": "kfold", "own": "kfold", "series": "time_ordered"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    write_kinds(folder)
    return folder


@pytest.fixture
def many(typed, files, monkeypatch):
    """Type a command of many runs of a kind; where they end."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    def call(script: str, kind: str, *more: str) -> tuple[Path, int, str, str]:
        found = typed(script, *words(kind, files), *QUICK, *more, "hydra.sweep.dir=runs")
        return Path("runs"), *found

    return call


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - UNCUT))
def test_folds_give_a_count_and_a_refit_of_it_a_score(many, kind):
    more = ["folds=2", "trainer.max_epochs=2", "refit=true"]
    if kind in SPLITTER:
        _, code, _, err = many("crossval.py", kind, *more)
        assert code == 2
        assert err.endswith(f"did you mean splitter={SPLITTER[kind]}?\n")
        assert err.count("\n") == 1
        more.append(f"splitter={SPLITTER[kind]}")
    folder, code, _, err = many("crossval.py", kind, *more)
    assert (code, err) == (0, "")
    found = json.loads((folder / "crossval.json").read_text())
    assert found["folds"]["epochs"]["value"] in (1, 2)
    assert "loss" in found["refit"]["test"]


@pytest.mark.parametrize("kind", sorted(UNCUT))
def test_what_cannot_be_cut_has_no_folds(many, kind):
    folder, code, _, err = many("crossval.py", kind, "folds=2", "trainer.max_epochs=2")
    assert code == 2
    assert err.startswith(UNCUT[kind])
    assert err.count("\n") == 1
    assert not list(folder.glob("fold-*"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_search_of_it_ends_with_a_best_trial(many, kind):
    more = ["space=none", "optimizer.lr=interval(1e-3,1e-2)", "n_trials=2", "trainer.max_epochs=2"]
    folder, code, out, err = many("search.py", kind, *more)
    assert (code, err) == (0, "")
    with open(folder / "trials.csv") as file:
        assert [row["state"] for row in csv.DictReader(file)] == ["COMPLETE"] * 2
    assert "best  trial" in out


@pytest.mark.parametrize("kind", KINDS)
def test_its_score_over_counts_is_told(many, kind):
    folder, code, _, err = many("epochs.py", kind, "counts=1,2", "seeds=1")
    assert (code, err) == (0, "")
    assert len(json.loads((folder / "counts.json").read_text())["counts"]) == 2
