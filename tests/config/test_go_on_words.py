from epochwise.trust.project import called
from epochwise.trust.run_config import go_on_notes, go_on_words, run_words

TRUSTED = {"_target_": "torch.nn.Identity"}


def words_of(tmp_path, **plain):
    return go_on_words(plain, tmp_path)


def test_a_run_of_classes_that_are_known_needs_no_word(tmp_path):
    assert words_of(tmp_path, model=TRUSTED, data={"path": "/rows.csv"}) == []


def test_classes_and_places_that_the_folder_cannot_vouch_for_are_said_as_they_are_typed(tmp_path):
    callbacks = {"x": TRUSTED | {"dirpath": "/else where"}, "y": {"_target_": "mine.Y", "dirpath": "${run_folder}/y"}}
    words = words_of(tmp_path, model={"_target_": "mine.Net"}, callbacks=callbacks)
    assert words == ["trust=[mine.Net,mine.Y]", "callbacks.x.dirpath=/else where"]


def test_one_class_stands_alone(tmp_path):
    assert words_of(tmp_path, model={"_target_": "mine.Net"}) == ["trust=mine.Net"]


def test_what_a_run_had_before_it_went_on_with_other_settings_is_said_too(tmp_path):
    changes = [{"at_epoch": 1, "at_step": 9, "was": {"callbacks.x._target_": "mine.X"}, "now": {}}]
    assert words_of(tmp_path, changes=changes) == ["trust=mine.X"]


def test_the_line_to_add_to_conf_is_said_with_what_stands_there_already(tmp_path):
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/train.yaml").write_text("trust: [timm.models]\n")
    with called(tmp_path / "conf", ["model._target_=mine.Net"]):
        (note,) = go_on_notes(["trust=[mine.Net,mine.Y]"])
    assert note.startswith("mine.Net, mine.Y: named by this command line alone")
    assert note.endswith("add to conf/train.yaml: trust: [timm.models, mine.Net, mine.Y]")


def test_a_command_that_is_printed_has_the_words_that_were_typed_and_none_that_a_strangers_folder_asks_for(tmp_path):
    run = tmp_path / "a run"
    run.mkdir()
    (run / "config.yaml").write_text("model: {_target_: mine.Net}\ncallbacks: {x: {dirpath: /elsewhere}}\n")
    assert run_words(run) == f"run='{run}'"
    with called(tmp_path / "conf", ["model._target_=mine.Net"]):
        assert run_words(run) == f"run='{run}'"
    with called(tmp_path / "conf", ["model._target_=mine.Net", "callbacks.x.dirpath=/elsewhere"]):
        assert run_words(run) == f"run='{run}' trust=mine.Net callbacks.x.dirpath=/elsewhere"
