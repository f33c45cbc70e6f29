from omegaconf import OmegaConf

from epochwise.commands.go_on_words import go_on_words

TRUSTED = {"_target_": "torch.nn.Identity"}


def test_a_run_of_classes_that_are_known_needs_no_word():
    assert go_on_words(OmegaConf.create({"run_folder": "/run", "model": TRUSTED, "data": {"path": "/rows.csv"}})) == []


def test_classes_and_places_that_the_folder_cannot_vouch_for_are_said_as_they_are_typed():
    callbacks = {"x": TRUSTED | {"dirpath": "/else where"}, "y": {"_target_": "mine.Y", "dirpath": "/run/y"}}
    config = OmegaConf.create({"run_folder": "/run", "model": {"_target_": "mine.Net"}, "callbacks": callbacks})
    assert go_on_words(config) == ["'trust=[mine.Net,mine.Y]'", "'callbacks.x.dirpath=/else where'"]


def test_one_class_stands_alone():
    config = OmegaConf.create({"run_folder": "/run", "model": {"_target_": "mine.Net"}})
    assert go_on_words(config) == ["trust=mine.Net"]


def test_what_a_run_had_before_it_went_on_with_other_settings_is_said_too():
    changes = [{"at_epoch": 1, "at_step": 9, "was": {"callbacks.x._target_": "mine.X"}, "now": {}}]
    config = OmegaConf.create({"run_folder": "/run", "changes": changes})
    assert go_on_words(config) == ["trust=mine.X"]
