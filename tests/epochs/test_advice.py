import shlex

import pytest
from omegaconf import OmegaConf

from epochwise.epochs.advice import advise

LABELS = ("underfitting", "still_improving", "good_fit", "overfitting", "diverged", "undecided")


@pytest.fixture(scope="module")
def settings(composed):
    return OmegaConf.to_container(composed())


@pytest.mark.parametrize("label", LABELS)
def test_each_override_is_one_that_the_command_line_takes(label, settings, composed):
    found = advise(label, 40, None, settings)
    assert found
    for each in found:
        overrides = [word for word in shlex.split(each.override) if word != "-m"]
        if "," not in overrides[0] or "[" in overrides[0]:  # a sweep is no single config
            assert composed(*overrides) != composed()


def test_overrides_start_from_the_values_of_the_run(settings):
    overfitting = [each.override for each in advise("overfitting", 30, None, settings)]
    assert overfitting[:3] == ["trainer.max_epochs=30", "model.dropout=0.5", "optimizer.weight_decay=0.15"]
    assert overfitting[-1] == "model.hidden_sizes=[64,64]"
    assert advise("diverged", 30, None, settings)[0].override == "optimizer.lr=0.0002"
    assert "model.dropout=0" in [each.override for each in advise("underfitting", 30, None, settings)]


def test_of_a_table_without_a_config_epochs_are_all_that_is_spoken_of():
    for label in LABELS:
        assert all("trainer.max_epochs=" in each.override for each in advise(label, 30, None))


def test_what_cannot_be_changed_further_is_left_out():
    settings = {"model": {"dropout": 0.0}, "data": {"augment": {"degrees": 1}}}
    for label in ("underfitting", "overfitting"):
        assert not any("augment" in each.override for each in advise(label, 9, None, settings))
    assert not any("dropout" in each.override for each in advise("underfitting", 9, None, settings))
