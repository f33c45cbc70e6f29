import json
from collections import Counter
from dataclasses import asdict

import numpy as np
import pytest

from epochwise.epochs.curve import Curve
from epochwise.epochs.verdict import verdict

from tests.epochs.synthetic_curves import FAMILIES, synthetic_curve

NUM_EACH = 100


def judged(curve):
    return verdict(Curve.of(curve.val, curve.train, curve.mode), curve.chance, curve.ideal)


def test_95_of_100_synthetic_curves_are_judged_right():
    rng, counts, wrong = np.random.default_rng(2026), Counter(), []
    for family in FAMILIES * NUM_EACH:
        curve = synthetic_curve(rng, family)
        found = judged(curve)
        counts[family, found.label] += 1
        if found.label != family:
            wrong.append(f"{family} taken for {found.label}: {curve.what}; {found.reason}")
    table = "\n".join(f"{truth:16} judged {label:16} {count}" for (truth, label), count in sorted(counts.items()))
    right = sum(count for (truth, label), count in counts.items() if truth == label)
    assert right >= 0.95 * counts.total(), "\n".join([table, *wrong])
    for family in FAMILIES:
        # Underfitting is the hardest: two of five do not say what chance scores.
        assert counts[family, family] >= 0.85 * NUM_EACH, "\n".join([table, *wrong])


def test_a_curve_that_overfits_by_more_than_three_noise_widths_is_never_a_good_fit():
    rng = np.random.default_rng(2026)
    curves = [synthetic_curve(rng, "overfitting", depth=(3.5, 40)) for _ in range(300)]
    assert [curve.what for curve in curves if curve.rise > 3 and judged(curve).label == "good_fit"] == []


def test_among_curves_that_overfit_by_three_to_six_noise_widths_hardly_one_is_a_good_fit():
    rng = np.random.default_rng(2027)
    curves = [curve for _ in range(600) if (curve := synthetic_curve(rng, "overfitting", depth=(3, 6))).rise > 3]
    labels = Counter(judged(curve).label for curve in curves)
    assert labels["good_fit"] <= len(curves) / 1000, labels  # of 3,730 with other seeds: 2
    assert labels["overfitting"] >= 0.95 * len(curves), labels


def test_a_run_without_a_validation_is_undecided():
    found = verdict(Curve.of([np.nan] * 3, [1.0, 0.5, 0.4]))
    assert (found.label, found.evidence) == ("undecided", {})


@pytest.mark.parametrize("num", range(8))
def test_too_few_epochs_are_counted(num):
    found = verdict(Curve.of(np.linspace(1, 0.5, num), np.linspace(1, 0.5, num)))
    assert found.label == "undecided"
    assert num == 0 or found.reason == f"only {num} of the 8 validated epochs that a verdict takes"


def test_epochs_without_a_validation_are_left_out():
    epochs = np.arange(60)
    val = np.where(epochs % 3 == 2, 0.3 + np.exp(-epochs / 5) + 0.004 * np.maximum(epochs - 20, 0), np.nan)
    found = verdict(Curve.of(val, np.exp(-epochs / 8)))
    assert (found.label, found.evidence["validated_epochs"]) == ("overfitting", 20)
    assert found.advice[0].override == f"trainer.max_epochs={found.evidence['best_epoch'] + 1}"


def test_the_same_curve_is_judged_alike_in_any_unit_and_direction():
    rng, epochs = np.random.default_rng(0), np.arange(40)
    train = np.exp(-epochs / 8)
    val = 0.2 + train + 0.01 * np.maximum(epochs - 15, 0) + 0.01 * rng.normal(size=40)
    found = [
        verdict(Curve.of(val, train), 1.2, 0),
        verdict(Curve.of(1000 * val, 1000 * train), 1200, 0),
        verdict(Curve.of(-val, -train, "max"), -1.2, 0),
    ]
    assert {each.label for each in found} == {"overfitting"}
    assert {each.evidence["best_epoch"] for each in found} == {found[0].evidence["best_epoch"]}


def test_underfitting_is_told_from_a_good_fit_by_what_chance_scores():
    rng, epochs = np.random.default_rng(0), np.arange(40)
    loss = 2.0 + 0.02 * rng.normal(size=40) + 0.2 * np.exp(-epochs / 3)
    assert verdict(Curve.of(loss, loss - 0.01), chance=2.3).label == "underfitting"
    assert verdict(Curve.of(loss, loss - 0.01), chance=10.0).label == "good_fit"


@pytest.mark.parametrize("family", FAMILIES)
def test_a_verdict_goes_into_json(family):
    curve = synthetic_curve(np.random.default_rng(1), family)
    settings = {"optimizer": {"lr": 0.01}, "model": {"hidden_sizes": [8]}}
    found = verdict(Curve.of(curve.val, curve.train, curve.mode), curve.chance, curve.ideal, settings)
    assert json.loads(json.dumps(asdict(found), allow_nan=False))["label"] == found.label
    assert found.advice and all(each.override and each.reason for each in found.advice)
