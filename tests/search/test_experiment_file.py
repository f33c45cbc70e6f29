import yaml

from epochwise.search.experiment_file import experiment_file


def test_files_are_chosen_in_its_defaults_and_values_set_below():
    text, command = experiment_file(["model=cnn", "optimizer.lr=0.01", "model.channels=[8,16]"], "The best", "train")
    assert text.startswith("# @package _global_\n# The best\n#   train experiment=best\n")
    assert yaml.safe_load(text) == {
        "defaults": [{"override /model": "cnn"}],
        "optimizer": {"lr": 0.01},
        "model": {"channels": [8, 16]},
    }
    assert command == "train experiment=best"


def test_what_a_file_cannot_say_stays_in_the_command():
    text, command = experiment_file(["~callbacks.ema", "+callbacks=ema", "experiment=a", "seed=1"], "The best", "train")
    assert yaml.safe_load(text) == {"seed": 1}
    assert command == "train 'experiment=[a,best]' '~callbacks.ema' +callbacks=ema"
