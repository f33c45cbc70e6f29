from types import SimpleNamespace

import pytest
import torch
from lightning.pytorch.trainer.states import TrainerFn

from epochwise.config.check import check
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
    (waited,), (restored,) = stopping.waited, again.waited
    waited.observe(0.5, 3, start_epoch=0, first_epoch=0)
    again.load_state_dict(stopping.state_dict())
    assert vars(restored) == vars(waited)
    assert not restored.improves(0.5)
    assert restored.improves(0.4)


def test_a_state_of_one_score_alone_as_it_was_before_is_read():
    stopping = Early(monitor="val/loss", mode="min", patience=2)
    kept = {"best_score": 0.5, "best_epoch": 3, "validated_epoch": 4, "anew_epoch": 1, "max_epochs": 9, "reason": None}
    stopping.load_state_dict(kept)
    (waited,) = stopping.waited
    assert (waited.best_score, waited.best_epoch, waited.validated_epoch, stopping.anew_epoch) == (0.5, 3, 4, 1)


LOSSES, ACCURACIES = [3.0, 2.0, 2.5, 2.5, 2.5, 2.5, 2.5], [0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3]


def stops_with(metrics=None, **settings):
    """The epoch after which a loss that is best at 1 and an accuracy that is best at 3 end a run, and why."""
    stopping = Early("val/loss", "min", patience=2, **settings)
    stopping.setup(
        None, SimpleNamespace(metrics={"loss": "min", "accuracy": "max"} if metrics is None else metrics), ""
    )
    strategy = SimpleNamespace(reduce_boolean_decision=lambda decision, **_: decision)
    trainer = SimpleNamespace(**FITTING, should_stop=False, min_epochs=None, strategy=strategy)
    for epoch, (loss, accuracy) in enumerate(zip(LOSSES, ACCURACIES, strict=True)):
        trainer.current_epoch = epoch
        trainer.callback_metrics = {"val/loss": torch.tensor(loss), "val/accuracy": torch.tensor(accuracy)}
        stopping.on_validation_end(trainer, None)
        stopping.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            return epoch, stopping.reason
    return None


BOTH = ["val/loss", "val/accuracy"]


def test_several_scores_end_a_run_when_all_have_waited_or_any_has():
    loss, accuracy = "val/loss has not improved for {} epochs (best: 2 at epoch 1)", "(best: 0.3 at epoch 3)"
    assert stops_with() == (3, loss.format(2))
    assert stops_with(monitors=BOTH, stop_when="any") == (3, loss.format(2))
    said = f"{loss.format(4)} and val/accuracy has not improved for 2 epochs {accuracy}"
    assert stops_with(monitors=BOTH) == (5, said)
    assert stops_with(monitors=["val/accuracy"])[0] == 5
    assert stops_with(monitors={"val/loss": "min", "val/accuracy": "max"}, metrics={})[0] == 5


def test_any_of_one_score_is_refused():
    with pytest.raises(
        InputError, match=r"stopping.stop_when: got 'any', allowed where stopping.monitors names several"
    ):
        stops_with(stop_when="any")


def test_a_score_whose_direction_nobody_says_is_asked_for():
    with pytest.raises(InputError, match=r"direction of 'val/accuracy' is better; allowed: \{val/accuracy: min\} or"):
        stops_with(monitors=BOTH, metrics={})


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("[val/loss,val/acuracy]", r"stopping.monitors: got 'val/acuracy', which is never logged.*'val/accuracy'"),
        ("{val/accuracy: min}", r"stopping.monitors: got 'min', but val/accuracy is better when larger"),
        ("val/loss", r"stopping.monitors: got 'val/loss'"),
    ],
)
def test_a_score_that_is_not_there_or_turned_round_is_a_line_before_anything_is_built(composed, given, line):
    with pytest.raises(InputError, match=line) as asked:
        check(composed(f"stopping.monitors={given}"))
    assert len(asked.value.lines) == 1


def test_validations_are_not_counted_of_a_score_of_training():
    with pytest.raises(InputError, match=r"patience_unit: got 'validations', but train/loss is known with the end of"):
        Early("train/loss", "min", 3, patience_unit="validations")
