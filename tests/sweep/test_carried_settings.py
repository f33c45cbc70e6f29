import re

import pytest

from epochwise.config.resolve import resolve
from epochwise.sweep.refit import carried_settings, not_carried

SETTINGS = {
    "scheduler": {"_target_": "Cosine", "max_epochs": 40, "warmup_epochs": 2.0, "cooldown_fraction": 0.5},
    "optimizer": {"warmup_steps": 50},
    "finetune": {
        "phases": [{"at_epoch": 0}, {"at_epoch": 4}, {"after": "plateau"}, {"at_epoch": 9}],
        "one_stage_every_n_epochs": 3,
        "patience": 3,
    },
    "callbacks": {
        "ema": {"update_starting_at_epoch": 3, "update_starting_at_step": 300},
        "best": {"monitor": "val/loss", "update_starting_at_epoch": 3},
        "last": {"every_n_steps": 100, "every_n_epochs": 5},
    },
}


def test_what_counts_epochs_is_as_many_steps_and_what_counts_steps_or_fractions_stays():
    assert carried_settings(SETTINGS, 0.8, 24) == {
        "scheduler.max_epochs": 32,
        "scheduler.warmup_epochs": 1.6,
        "finetune.phases.1.at_epoch": 3.2,
        "finetune.phases.3.at_epoch": 7.2,
        "finetune.one_stage_every_n_epochs": 2.4,
        "callbacks.ema.update_starting_at_epoch": 2,
    }


def test_on_epochs_of_the_same_steps_nothing_changes():
    assert carried_settings(SETTINGS, 1.0, 40) == {}


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ({"milestones": [10, 20]}, {"scheduler.milestones": [8, 16]}),
        ({"step_size": 1}, {}),
        ({"step_size": 5}, {"scheduler.step_size": 4}),
        ({"T_max": 30}, {"scheduler.T_max": 24}),
        ({"total_iters": 0}, {}),
        ({"epochs": 30}, {"scheduler.epochs": 24}),
        ({"drop_fractions": [0.5], "pct_start": 0.3, "gamma": 0.9, "total_steps": 300}, {}),
    ],
)
def test_whole_epochs_are_the_nearest_and_at_least_one(setting, expected):
    assert carried_settings({"scheduler": setting}, 0.8, 24) == expected


def test_phases_stay_in_order_where_the_last_epochs_are_rounded_away():
    phases = [{"at_epoch": epoch} for epoch in range(6)]
    found = carried_settings({"finetune": {"phases": phases}}, 0.4, 2)
    epochs = [0, *found.values()]
    assert epochs == sorted(set(epochs))
    assert max(epochs) < 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["scheduler=plateau"], "refit: scheduler=plateau follows validation"),
        (["stopping=adaptive"], "refit: stopping=adaptive cools each fold down by its own validation"),
        (["trainer.max_time=00:01:00:00"], "refit: trainer.max_time=00:01:00:00 ends a run by the clock"),
        (["trainer.overfit_batches=1"], "refit: trainer.overfit_batches=1 scores the batches it trains on"),
        (
            [
                "finetune=two_phase",
                "~finetune.lr_scales.backbone",
                "finetune.phases=[{at_epoch:0,unfreeze:head},{after:plateau,unfreeze:all}]",
            ],
            "refit: finetune.phases.1.after=plateau follows each fold's own validation",
        ),
        (["finetune=other_optimizer"], "refit: finetune.phases.1.optimizer goes over the epochs that are left there"),
        (
            ["+callbacks.a={_target_:lightning.pytorch.callbacks.GradientAccumulationScheduler,scheduling:{4:2}}"],
            "refit: callbacks.a changes the optimizer steps of an epoch",
        ),
        (
            ["+callbacks.a={_target_:lightning.pytorch.callbacks.ModelPruning,pruning_fn:l1_unstructured}"],
            "ModelPruning",
        ),
        (["+callbacks.a={_target_:my.Callback,unfreeze_epoch:4}"], "callbacks.a.unfreeze_epoch counts epochs, and how"),
    ],
)
def test_what_cannot_be_carried_is_one_line_each(composed, words, said):
    (line,) = not_carried(resolve(composed(*words, root="crossval")).tree, by_step=True)
    assert said in line


@pytest.mark.parametrize(("name", "kept"), [("ExponentialLR", False), ("StepLR", True), ("CosineAnnealingLR", True)])
def test_a_schedule_that_is_stepped_every_epoch_is_carried_where_its_settings_say_when(composed, name, kept):
    tree = resolve(composed("scheduler=none", root="crossval")).tree
    tree["scheduler"] = {"_target_": f"torch.optim.lr_scheduler.{name}"}
    lines = not_carried(tree, by_step=False)
    assert lines == [] if kept else re.match("refit: scheduler ExponentialLR is stepped every epoch", lines[0])


def test_every_setting_in_epochs_that_stands_in_conf_is_carried_or_spoken_of(project):
    """A table of all keys that count epochs: one that is new has to be looked at here."""
    named = set()
    for file in sorted(project.glob("src/epochwise/conf/*/*.yaml")):
        if file.parent.name not in ("experiment", "hydra", "splitter", "search", "pruner", "space", "loggers"):
            named |= set(re.findall(r"^\s*(\w*epochs?\w*|patience|milestones):", file.read_text(), re.MULTILINE))
    assert named == {
        "max_epochs",  # horizon: as many steps
        "epochs",  # the same, of OneCycleLR
        "warmup_epochs",  # as many steps
        "one_stage_every_n_epochs",  # as many steps
        "min_epochs",  # nothing stops a refit before its count
        "check_val_every_n_epoch",  # there is no validation
        "start_epoch",  # of stopping, which goes
        "patience",  # of stopping, which goes; of plateaus, which are refused
        "samples_per_epoch",  # of a stream, which has no folds
        "batches_per_epoch",  # of a module with loaders of its own, which has none either
    }  # and at_epoch of a phase, as many steps
