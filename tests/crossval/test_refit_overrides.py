import pytest
from omegaconf import OmegaConf

from epochwise.crossval.refit_overrides import refit_overrides

CONFIG = OmegaConf.create(
    {
        "monitor": "val/loss",
        "scheduler": {"max_epochs": "${trainer.max_epochs}", "warmup_epochs": 1.0},
        "callbacks": {"best": {"monitor": "${monitor}"}, "other": {"every": 1}},
        "trainer": {"max_epochs": 30},
    }
)


def test_a_schedule_is_still_drawn_over_the_steps_of_the_folds():
    found = refit_overrides(CONFIG, [], 16, 24)
    assert {"trainer.max_epochs=16", "scheduler.max_epochs=24"} <= set(found)
    assert not [text for text in found if "warmup" in text]


def test_nothing_is_validated_and_nothing_kept_for_its_validation_score():
    found = refit_overrides(CONFIG, [], 16, 24)
    assert {"trainer.limit_val_batches=0", "~callbacks.best", "stopping=none", "data.fold=null"} <= set(found)
    assert "~callbacks.other" not in found


@pytest.mark.parametrize("own", ["monitor=val/accuracy", "trainer.max_epochs=30", "stopping=early", "~callbacks.best"])
def test_it_has_the_last_word(own):
    found = refit_overrides(CONFIG, ["model=cnn", own], 16, 24)
    assert found.count(own) == (own == "~callbacks.best")
    assert "model=cnn" in found
