import pytest

from epochwise.config.check import check
from epochwise.sweep.refit import refit_overrides

ALL = {"epochs": {"value": 16, "low": 9}, "max_epochs": 24, "steps_per_epoch": 20, "ratio": 0.8}


@pytest.fixture
def refit(composed):
    """The overrides of a refit, and the config that they make; held to be one that train.py takes."""

    def made(*overrides, counts=ALL, **how):
        def compose(words):
            return composed(*words, root="crossval")

        fold = compose([*overrides, "data.fold=0"])
        found = refit_overrides(fold, overrides, compose, counts, **how)
        config = compose(found)
        check(config, "crossval")
        return found, config

    return made


@pytest.mark.parametrize(("smallest", "steps"), [(False, 16 * 20), (True, 9 * 20)])
def test_a_count_is_a_bound_on_the_steps_and_the_schedule_is_drawn_over_those_of_the_folds(refit, smallest, steps):
    _, config = refit("trainer.max_epochs=30", smallest=smallest)
    assert (config.trainer.max_steps, config.trainer.max_epochs, config.scheduler.max_epochs) == (steps, 24, 24)
    assert config.scheduler.warmup_epochs == 0.8


def test_the_count_of_all_epochs_needs_no_bound_and_a_bound_of_ones_own_stays(refit):
    whole = ALL | {"epochs": {"value": 24, "low": 24}}
    assert "max_steps" not in refit(counts=whole)[1].trainer
    assert refit("+trainer.max_steps=100", counts=whole)[1].trainer.max_steps == 100
    assert refit("+trainer.max_steps=100")[1].trainer.max_steps == 100
    assert refit("+trainer.max_steps=1000")[1].trainer.max_steps == 320


def test_nothing_is_validated_and_nothing_kept_for_its_validation_score(refit):
    _, config = refit("trainer.val_check_interval=0.5", "trainer.check_val_every_n_epoch=2")
    assert (config.trainer.limit_val_batches, config.trainer.val_check_interval) == (0, None)
    assert config.stopping == {"_target_": "lightning.pytorch.Callback"}
    assert config.data.fold is None
    assert "best_checkpoint" not in config.callbacks
    assert "last_checkpoint" in config.callbacks


@pytest.mark.parametrize(
    "own",
    [
        "monitor=val/accuracy",
        "trainer.max_epochs=30",
        "trainer.min_epochs=20",
        "stopping=early",
        "~callbacks.best_checkpoint",
        "budget='300 steps'",
        "++trainer.max_steps=900",
    ],
)
def test_it_has_the_last_word(refit, own):
    found, _ = refit("model=cnn", own)
    assert found.count(own) == (own == "~callbacks.best_checkpoint")
    assert "model=cnn" in found


@pytest.mark.parametrize(
    "words",
    [
        ["stopping=early", "stopping.patience=5"],
        ["finetune=two_phase", "finetune.monitor=val/accuracy", "finetune.mode=max"],
        ["task.monitor=val/accuracy"],
        ["callbacks.best_checkpoint.save_top_k=3"],
        ["finetune.phases=[{at_epoch:0,unfreeze:head},{at_epoch:9,unfreeze:all}]", "finetune=plan"],
        ["experiment=breast_cancer"],
        ["optimizer=schedule_free"],
    ],
)
def test_what_the_folds_take_the_run_on_all_of_the_data_takes(refit, words):
    refit(*words)
