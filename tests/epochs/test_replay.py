from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.epochs.curve import Curve
from epochwise.epochs.replay import replay
from epochwise.input_error import InputError
from epochwise.stopping.early import Early

LOSSES = [1.0, 0.8, 0.7, 0.75, 0.71, 0.69, 0.9, 0.95, 0.99, 1.0]


@pytest.mark.parametrize(
    ("settings", "stops_at", "best_epoch"),
    [
        ({"patience": 1}, 3, 2),
        ({"patience": 2}, 4, 2),
        ({"patience": 3}, 8, 5),
        ({"patience": 5}, None, 5),
        ({"patience": 3, "min_delta": 0.05}, 5, 5),  # the checkpoint takes the smaller gain all the same
        ({"patience": 3, "min_delta": 0.07, "min_delta_mode": "rel"}, 5, 5),  # 0.69 is no 0.07 of 0.7 less
        ({"patience": 1, "start_epoch": 4}, 6, 5),
        ({"patience": 1, "start_epoch": 6}, 7, 5),
        ({"patience": 1, "start_epoch": 20}, None, 5),
        ({"patience": 1, "min_epochs": 7}, 7, 5),
        ({"patience": 1, "min_epochs": 99}, None, 5),
    ],
)
def test_it_says_where_a_setting_would_have_stopped_and_with_which_score(settings, stops_at, best_epoch):
    found = replay(Curve.of(LOSSES), **settings)
    assert (found.stops_at_epoch, found.best_epoch) == (stops_at, best_epoch)
    assert found.best_score == LOSSES[best_epoch]
    assert found.lost == pytest.approx(LOSSES[best_epoch] - 0.69)
    assert found.epochs == (10 if stops_at is None else stops_at + 1)
    assert found.saved_epochs == 10 - found.epochs


@pytest.mark.parametrize("val", [[], [np.nan, np.nan]])
def test_a_run_without_a_score_has_no_best_epoch(val):
    found = replay(Curve.of(val, [1.0] * len(val)), patience=1)
    assert (found.stops_at_epoch, found.best_epoch, found.best_score, found.lost) == (None, None, None, None)


def test_a_setting_out_of_range_is_named():
    with pytest.raises(InputError, match=r"replay\.patience: got 0, allowed: 1 or more"):
        replay(Curve.of(LOSSES), patience=0)
    with pytest.raises(InputError, match=r"replay\.min_delta: got nan, allowed: 0 or more"):
        replay(Curve.of(LOSSES), patience=1, min_delta=float("nan"))


@given(
    scores=st.lists(st.one_of(st.none(), st.integers(0, 20).map(lambda tenths: tenths / 10)), min_size=1, max_size=20),
    mode=st.sampled_from(["min", "max"]),
    patience=st.integers(1, 6),
    min_delta=st.sampled_from([0.0, 0.15]),
    min_delta_mode=st.sampled_from(["abs", "rel"]),
    min_epochs=st.integers(0, 8),
    start_epoch=st.integers(0, 4),
)
def test_it_stops_where_the_callback_does(scores, mode, patience, min_delta, min_delta_mode, min_epochs, start_epoch):
    early = Early("val/loss", mode, patience, min_delta, start_epoch, min_delta_mode=min_delta_mode)
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, **_: decision)
    trainer = SimpleNamespace(
        sanity_checking=False,
        should_stop=False,
        enable_validation=True,
        state=SimpleNamespace(fn=TrainerFn.FITTING),
        min_epochs=min_epochs,
        strategy=strategy,
        callback_metrics={},
    )
    stopped = None
    for epoch, score in enumerate(scores):
        trainer.current_epoch = epoch
        if score is not None:
            trainer.callback_metrics["val/loss"] = score
            early.on_validation_end(trainer, None)
        early.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            stopped = epoch
            break
    val = [np.nan if score is None else score for score in scores]
    settings = (patience, min_delta, start_epoch, min_epochs, min_delta_mode)
    found = replay(Curve.of(val, np.ones(len(val)), mode), *settings)
    if Curve.of(val, np.ones(len(val)), mode).ends_unmeasured:  # the callback was not called, a diverged run would be
        return
    assert found.stops_at_epoch == stopped
