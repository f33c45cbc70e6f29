import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from epochwise.config.continued_run import continue_run
from epochwise.input_error import InputError


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "2026 it's"
    folder.mkdir()
    (folder / "config.yaml").write_text("seed: 0\nmodel: {_target_: torch.nn.Identity}\n")
    return folder


def line_of(*words):
    with pytest.raises(InputError) as caught:
        continue_run(list(words))
    (line,) = caught.value.lines
    return line


def test_words_without_a_run_stay_as_they_are():
    assert continue_run(["seed=1", "-m"]) == ["seed=1", "-m"]


def test_a_run_is_continued_in_its_own_folder_with_its_own_config(run):
    words = continue_run([f"run={run}", "trainer.max_epochs=9", "--cfg=job"])
    assert words[:4] == [f"--config-path={run}", "--config-name=config", "--cfg=job", "trainer.max_epochs=9"]
    read = {one.key_or_group: one.value() for one in OverridesParser.create().parse_overrides(words[4:])}
    assert read["run_folder"] == read["hydra.run.dir"] == str(run)
    assert read["resume"] == "auto"


def test_a_folder_that_is_not_there_is_named_with_the_closest(run, tmp_path):
    assert line_of(f"run={tmp_path}/2026 it") == f'run: no folder {tmp_path}/2026 it; did you mean "2026 it\'s"?'


@pytest.mark.parametrize("word", ["model=cnn", "+model=cnn", "~model", "experiment=finetune"])
def test_a_run_keeps_its_own_choices_of_files(run, word):
    assert "a run that is continued keeps its" in line_of(f"run={run}", word)


@pytest.mark.parametrize("word", ["-m", "--multirun"])
def test_a_run_is_no_sweep(run, word):
    assert line_of(f"run={run}", word) == f"{word}: one run is continued at a time"


def test_a_strangers_config_is_refused_before_anything_else(run):
    (run / "config.yaml").write_text("model: {_target_: os.system, command: touch hacked}\n")
    assert "'os.system' is not among what a run's config may name" in line_of(f"run={run}", "model=cnn")
