from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.input_error import InputError
from epochwise.stopping.early import Early

FITTING = {"sanity_checking": False, "enable_validation": True, "state": SimpleNamespace(fn=TrainerFn.FITTING)}


def stops_after(scores, checks_per_epoch=1, every_n_epochs=1, min_epochs=None, name="val/loss", **settings):
    """The epoch after which the run ends, given one score a validation; None where it never does."""
    stopping = Early(monitor="val/loss", **{"mode": "min", "patience": 2} | settings)
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, **_: decision)
    trainer = SimpleNamespace(**FITTING, should_stop=False, min_epochs=min_epochs, strategy=strategy)
    scores = iter(scores)
    for epoch in range(100):
        trainer.current_epoch = epoch
        for _ in range(checks_per_epoch if (epoch + 1) % every_n_epochs == 0 else 0):
            if (score := next(scores, None)) is None:
                return None
            trainer.callback_metrics = {name: torch.tensor(score)}
            stopping.on_validation_end(trainer, None)
        stopping.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            assert stopping.reason
            return epoch
    return None


@pytest.mark.parametrize(
    ("settings", "scores", "expected"),
    [
        ({}, [3, 2, 1, 1, 1, 1], 4),
        ({}, [3, 2, 1, 2, 0.5, 1, 1], 6),
        ({"mode": "max"}, [1, 2, 3, 3, 3], 4),
        ({"min_delta": 0.5}, [3, 2.9, 2.8, 1], 2),
        ({"min_delta": 0.5}, [3, 2.9, 2.4, 2.3, 2.2], 4),
        ({"min_delta": 0.5, "min_delta_mode": "rel"}, [8, 5, 3, 2, 2], 4),
        ({"min_delta": 0.5, "min_delta_mode": "rel", "mode": "max"}, [-8, -5, -3, -2, -2], 4),
        ({"patience": 3}, [1, 2, 3, 4, 5], 3),
        ({}, [float("nan")] * 3, 1),
        ({}, [2, float("nan"), 1, 2, 2], 4),
        ({}, [5, 4, 3, 2, 1], None),
    ],
)
def test_it_stops_after_patience_epochs_without_improvement(settings, scores, expected):
    assert stops_after(scores, **settings) == expected


def test_patience_counts_epochs_however_often_an_epoch_is_validated():
    assert stops_after([3, 2, 1, 1] + [1] * 20, checks_per_epoch=4) == 2


def test_patience_counts_epochs_where_only_every_other_one_is_validated():
    # Best at epoch 1; epoch 3 is the first validated one that is two epochs later.
    assert stops_after([1, 2, 3], every_n_epochs=2) == 3


def test_before_min_epochs_an_improvement_still_counts():
    assert stops_after([1, 2, 2, 2, 0.5, 1, 1], min_epochs=5) == 6


def test_at_min_epochs_patience_begins_instead_of_being_over():
    assert stops_after([1, 2, 2, 2, 2, 2, 2, 2], min_epochs=5) == 6
    assert stops_after([1, 2, 2, 2, 2, 0.5, 1, 1], min_epochs=5) == 7


def test_before_start_epoch_no_score_is_compared():
    assert stops_after([1, 5, 4, 3, 3, 3], start_epoch=1) == 5


def test_what_begins_anew_has_all_its_patience():
    stopping = Early("val/loss", "min", patience=2)
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, **_: decision)
    trainer = SimpleNamespace(**FITTING, should_stop=False, min_epochs=None, strategy=strategy)
    for epoch, score in enumerate([1.0, 2.0, 2.0, 2.0, 2.0]):
        if epoch == 2:
            stopping.begin_anew(epoch)
        trainer.current_epoch, trainer.callback_metrics = epoch, {"val/loss": torch.tensor(score)}
        stopping.on_validation_end(trainer, None)
        stopping.on_train_epoch_end(trainer, None)
        assert trainer.should_stop == (epoch >= 3)


def test_a_monitor_that_is_never_logged_is_an_error_that_names_the_closest():
    with pytest.raises(InputError, match="'val/loss' is never logged; allowed: val/los; did you mean 'val/los'"):
        stops_after([1], name="val/los")


def test_its_state_is_plain_and_restores_the_decision():
    stopping, again = (Early(monitor="val/loss", mode="min", patience=2) for _ in range(2))
    stopping.best_score, stopping.best_epoch = 0.5, 3
    again.load_state_dict(stopping.state_dict())
    assert not again.improves(0.5)
    assert again.improves(0.4)
