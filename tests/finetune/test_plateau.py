from types import SimpleNamespace

import pytest
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.finetune.plan import Plateau
from epochwise.input_error import InputError


@pytest.mark.parametrize(
    ("scores", "settings", "expected"),
    [
        ([3, 2, 1], {}, False),
        ([3, 2, 2], {}, False),
        ([3, 2, 2, 2], {}, True),
        ([1, 2, 3], {"mode": "max"}, False),
        ([3, 3, 3], {"mode": "max"}, True),
        ([3, 2.9, 2.8], {"min_delta": 0.5}, True),
        ([1, 5, 5, 5], {"since_epoch": 1}, True),
        ([1, 5, 4, 3], {"since_epoch": 1}, False),
        ([float("nan")] * 2, {}, True),
        ([], {}, False),
    ],
)
def test_it_counts_epochs_without_improvement_of_the_phase(scores, settings, expected):
    settings = {"mode": "min", "patience": 2, "min_delta": 0.0, "since_epoch": 0} | settings
    since_epoch = settings.pop("since_epoch")
    plateau = Plateau("val/loss", **settings)
    plateau.scores = dict(enumerate(scores))
    assert plateau.reached(since_epoch) is expected


def test_epochs_without_validation_count_as_soon_as_one_is_validated():
    plateau = Plateau("val/loss", "min", patience=4, min_delta=0.0)
    plateau.scores = {1: 1.0, 3: 1.0}
    assert not plateau.reached(0)
    plateau.scores[5] = 1.0
    assert plateau.reached(0)


def test_a_monitor_that_is_never_logged_is_an_error_that_names_the_closest():
    state = SimpleNamespace(fn=TrainerFn.FITTING)
    trainer = SimpleNamespace(callback_metrics={"val/loss": 1.0}, sanity_checking=False, state=state)
    with pytest.raises(InputError, match=r"finetune.monitor: 'val/los' is never logged; .*; did you mean 'val/loss'"):
        Plateau("val/los", "min", 1, 0.0).observe(trainer)
