import pytest

from epochwise.rules.epochs import check_epoch_settings


def tree(max_epochs=30, every=1, stopping=None, scheduler=None, callbacks=None):
    trainer = {"max_epochs": max_epochs, "check_val_every_n_epoch": every}
    return {"trainer": trainer, "stopping": stopping or {}, "scheduler": scheduler or {}, "callbacks": callbacks}


def early(patience, **other):
    return {"patience": patience, **other}


COSINE = {"max_epochs": 30, "warmup_epochs": 1.0, "final_lr_scale": 0.0}
BEST = {"monitor": "val/loss"}


@pytest.mark.parametrize(
    ("given", "key"),
    [
        (tree(stopping=early(3, start_epoch=30)), "stopping.start_epoch"),
        (tree(scheduler={"patience": 9}, stopping=early(10)), "scheduler.patience"),
        (tree(scheduler={"patience": 10}, stopping=early(10)), "scheduler.patience"),
        (tree(every=4, scheduler={"patience": 3}, stopping=early(16)), "scheduler.patience"),
        (tree(scheduler={"patience": 9}, stopping=early(10, patience_unit="validations")), "scheduler.patience"),
        (tree(scheduler=COSINE | {"max_epochs": 20}), "scheduler.max_epochs"),
        (tree(scheduler={"epochs": 20, "pct_start": 0.3}), "scheduler.epochs"),
        (tree(scheduler=COSINE | {"warmup_epochs": 30}), "scheduler.warmup_epochs"),
        (tree(every=4, callbacks={"best": BEST | {"every_n_epochs": 31}}), "callbacks.best.every_n_epochs"),
        (tree(every=7, callbacks={"best": BEST | {"every_n_epochs": 5}}), "callbacks.best.every_n_epochs"),
    ],
)
def test_what_cannot_happen_is_a_fault_that_names_its_key(given, key):
    found = check_epoch_settings(given)
    assert list(found.faults) == [key]
    assert found.faults[key].startswith(f"{key}: got ")


@pytest.mark.parametrize(
    "given",
    [
        tree(scheduler={"patience": 8}, stopping=early(10)),
        tree(every=4, scheduler={"patience": 3}, stopping=early(17)),
        tree(every=4, scheduler={"patience": 8}, stopping=early(10, patience_unit="validations")),
        # Of many validations an epoch, or one in several, who can say which of the two comes first?
        tree(scheduler={"patience": 20}, stopping=early(10), callbacks={"by": {"_target_": "x.StepValidation"}}),
        tree(scheduler={"patience": 20}, stopping=early(10)) | {"trainer": {"max_epochs": 30, "val_check_interval": 9}},
    ],
)
def test_a_rate_that_falls_before_patience_ends_the_run_is_no_fault(given):
    assert check_epoch_settings(given).faults == {}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (tree(5, stopping=early(10)), "stopping.patience=10 cannot end a run before trainer.max_epochs=5"),
        (tree(11, stopping=early(10)), "all are trained"),
        (tree(20, stopping=early(10, start_epoch=9)), "from stopping.start_epoch=9 on cannot end a run"),
        (tree(every=5, stopping=early(3)), "the first validation that does not improve ends the run"),
        (tree(scheduler=COSINE | {"max_epochs": 60}), "the rate has not come down at the end"),
        (tree(scheduler=COSINE | {"max_epochs": 20, "final_lr_scale": 0.1}), "the rate stays where it is"),
        (tree(scheduler=COSINE | {"warmup_epochs": 8}, stopping=early(5)), "stopping.start_epoch=8 waits for it"),
        (tree(scheduler={"epochs": 30, "pct_start": 0.3}, stopping=early(5)), "the rate rises until epoch 9"),
        (tree(callbacks={"best": BEST | {"every_n_epochs": 2}}), "the others may hold a better score"),
    ],
)
def test_what_is_doubtful_is_said_and_no_fault(given, said):
    found = check_epoch_settings(given)
    assert found.faults == {}
    (note,) = found.notes
    assert said in note


@pytest.mark.parametrize(
    "given",
    [
        tree(12, stopping=early(10)),
        tree(scheduler={"patience": 3}, stopping=early(10)),
        tree(scheduler=COSINE, stopping=early(10)),
        tree(scheduler={"epochs": 30, "pct_start": 0.3}, stopping=early(5, start_epoch=9)),
        tree(1, scheduler=COSINE | {"max_epochs": 1}),  # one epoch is all warm-up, and may be wanted for a look
        tree(every=2, callbacks={"best": BEST | {"every_n_epochs": 2}, "other": None}),
        tree("x", stopping=early(None)),  # faults of their own
        {"trainer": {"max_epochs": 3, "fast_dev_run": True}, "stopping": early(10)},
        {},
    ],
)
def test_settings_that_go_together_are_not_spoken_of(given):
    assert check_epoch_settings(given) == ({}, [])


ADAPTIVE = {"_target_": "epochwise.stopping.adaptive.Adaptive"}
WSD = {"max_epochs": 30, "cooldown_fraction": 0.5}


def test_adaptive_stopping_takes_a_schedule_that_can_cool_down():
    found = check_epoch_settings(tree(stopping=ADAPTIVE, scheduler=COSINE | {"_target_": "a.Cosine"}))
    assert found.faults == {
        "scheduler": "scheduler: got Cosine, allowed with stopping=adaptive: wsd, which can cool down at any time"
    }
    assert check_epoch_settings(tree(stopping=ADAPTIVE, scheduler=WSD)) == ({}, [])


def test_adaptive_stopping_with_too_few_epochs_to_judge_is_said():
    (note,) = check_epoch_settings(tree(9, stopping=ADAPTIVE, scheduler=WSD | {"max_epochs": 9})).notes
    assert "cools down from epoch 6 on to end with trainer.max_epochs=9: all are trained" in note
    assert check_epoch_settings(tree(12, stopping=ADAPTIVE, scheduler=WSD | {"max_epochs": 12})).notes == []


def test_a_schedule_beside_an_optimizer_that_averages_is_said():
    given = tree(scheduler=COSINE) | {"optimizer": {"_target_": "schedulefree.AdamWScheduleFree"}}
    assert "scheduler=none leaves the rate to it" in check_epoch_settings(given).notes[0]


def test_a_callback_that_changes_the_steps_of_an_epoch_does_not_go_with_a_schedule_over_them():
    accumulate = {"sums": {"scheduling": {2: 4}}}
    faults = check_epoch_settings(tree(scheduler=COSINE, callbacks=accumulate)).faults
    assert faults["callbacks.sums"].endswith("set trainer.accumulate_grad_batches, or scheduler=none")
    assert check_epoch_settings(tree(scheduler={"factor": 1.0}, callbacks=accumulate)).faults == {}


TWO_PHASES = {"phases": [{"at_epoch": 0, "unfreeze": "head"}, {"at_epoch": 9, "unfreeze": "all"}]}


def test_layers_that_would_be_unfrozen_after_the_end_are_a_fault_of_that_phase():
    found = check_epoch_settings(tree(9) | {"finetune": TWO_PHASES})
    line = "finetune.phases.1.at_epoch: got 9, allowed: below trainer.max_epochs=9"
    assert found == ({"finetune.phases.1.at_epoch": line}, [])
    assert check_epoch_settings(tree(10) | {"finetune": TWO_PHASES}) == ({}, [])
    waits = {"phases": [{"at_epoch": 0}, {"after": "plateau"}, {"at_epoch": "x"}, 3]}  # faults of their own, or none
    assert check_epoch_settings(tree(9) | {"finetune": waits}) == ({}, [])


def test_a_patience_that_counts_from_an_unfreeze_on_and_cannot_fire_is_said():
    (note,) = check_epoch_settings(tree(15, stopping=early(5)) | {"finetune": TWO_PHASES}).notes
    said = "counted from epoch 9 on, where the last layers are unfrozen, cannot end a run before trainer.max_epochs=15"
    assert said in note
    assert check_epoch_settings(tree(16, stopping=early(5)) | {"finetune": TWO_PHASES}).notes == []


def test_lightnings_early_stopping_may_end_a_run_before_an_unfreeze_and_that_is_said():
    theirs = early(5) | {"_target_": "lightning.pytorch.callbacks.EarlyStopping"}
    (note,) = check_epoch_settings(tree(stopping=theirs) | {"finetune": TWO_PHASES}).notes
    assert "may end the run before the one of epoch 9 begins; stopping=early waits for it" in note
    ours = early(5) | {"_target_": "epochwise.stopping.early.Early"}
    assert check_epoch_settings(tree(stopping=ours) | {"finetune": TWO_PHASES}).notes == []
    beside = tree(stopping=ours, callbacks={"theirs": theirs}) | {"finetune": TWO_PHASES}
    assert check_epoch_settings(beside).notes == [note.replace("stopping.patience", "callbacks.theirs.patience")]


def test_stages_that_follow_one_by_one_are_waited_for_too():
    gradual = {"phases": [{"at_epoch": 0, "unfreeze": "head"}], "one_stage_every_n_epochs": 6}
    (note,) = check_epoch_settings(tree(12, stopping=early(5)) | {"finetune": gradual}).notes
    assert "counted from epoch 6 on, where the last layers are unfrozen, cannot end a run" in note
    assert check_epoch_settings(tree(13, stopping=early(5)) | {"finetune": gradual}).notes == []
