import copy

import numpy as np
import pytest

from epochwise.epochs.analysis import analyse
from epochwise.epochs.curve import Curve
from epochwise.epochs.epoch_table import EpochTable

from tests.epochs.contradictions import contradictions
from tests.epochs.rough_curves import KINDS, Rough, rough_curve


def said_of(rough):
    """The curve of a drawn run, and all that is said of it."""
    columns = {"epoch": np.arange(len(rough.val)), "val/loss": rough.val}
    columns |= {"train/loss": rough.train} if rough.train is not None else {}
    columns |= {"lr": rough.lr} if rough.lr is not None else {}
    table = EpochTable(columns)
    found = analyse(table, "val/loss", rough.mode, rough.chance, rough.ideal)
    return Curve.of_rows(table, "val/loss", rough.mode), found


def contradicted(seed, count):
    rng, sentences, kinds = np.random.default_rng(seed), [], set()
    for index in range(count):
        rough = rough_curve(rng)
        kinds.add(rough.what.partition(",")[0].partition(":")[0])
        curve, found = said_of(rough)
        pairs = contradictions(curve, found, rough.chance, rough.ideal)
        sentences += [f"{index}, {rough.what}: {pair}; {found['verdict']['reason']}" for pair in pairs]
    assert kinds == set(KINDS)
    return sentences


def test_nothing_said_of_one_run_contradicts_another():
    assert contradicted(seed=5, count=400) == []


@pytest.mark.long
def test_of_ten_thousand_runs_hardly_one_is_contradicted():
    found = contradicted(seed=6, count=10_000)
    assert len(found) <= 5, "\n".join(found)


LEVEL = 0.5 + np.exp(-np.arange(40) / 3) + 0.01 * np.random.default_rng(0).normal(size=40)
TURNED = LEVEL + 0.02 * np.maximum(np.arange(40) - 15, 0)


@pytest.mark.parametrize(
    ("val", "change", "pair"),
    [
        (LEVEL, {"forecast": {"gain": 0.3}}, "levelled off, and more would gain much"),
        (LEVEL, {"forecast": {"gain_low": 0.1}}, "levelled off, and more would surely gain"),
        (LEVEL, {"verdict": {"label": "still_improving"}}, "still improving, and a count that stands"),
        (LEVEL, {"recommended_epochs": {"best_score": 0.1}}, "the best score is better than every row"),
        (LEVEL, {"recommended_epochs": {"low": 39, "value": 2}}, "the count lies outside of its band"),
        (LEVEL, {"verdict": {"label": "underfitting"}}, "underfitting without chance and ideal"),
        (
            TURNED,
            {"verdict": {"reason": "3 noise widths worse, 3 epochs ago"}},
            "so many epochs ago, and the best row is",
        ),
        (TURNED, {"verdict": {"label": "good_fit"}}, "good fit, and its end is far behind its best"),
        (TURNED, {"recommended_epochs": {"value": 40, "low": 40, "high": 40}}, "the row of the count is far worse"),
        (
            TURNED,
            {"forecast": {"reason": None, "gain": 0.0, "gain_low": 0.0}},
            "worse than at its best, and a forecast",
        ),
    ],
)
def test_a_contradiction_is_found(val, change, pair):
    curve, found = said_of(Rough("", val, LEVEL if val is LEVEL else np.exp(-np.arange(40) / 8)))
    assert contradictions(curve, found) == []
    changed = copy.deepcopy(found)
    for part, fields in change.items():
        changed[part] |= fields
    assert any(sentence.startswith(pair) for sentence in contradictions(curve, changed)), contradictions(curve, changed)
