import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from epochwise.command_line.arguments import evaluate_words
from epochwise.input_error import InputError


def read(words):
    return {one.key_or_group: one.value() for one in OverridesParser.create().parse_overrides(words)}


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "lr=0.1, it's (1)"
    (folder / "checkpoints").mkdir(parents=True)
    for name in ("config.yaml", "checkpoints/best.ckpt", "checkpoints/last.ckpt"):
        (folder / name).touch()
    return folder


def test_a_checkpoint_is_a_run_and_which_of_its_checkpoints(run):
    found = read(evaluate_words([f"run={run}/checkpoints/last.ckpt", "split=val"]))
    assert found == {"run": str(run), "ckpt": "last", "split": "val"}


def test_a_folder_is_taken_as_it_is_called(run):
    assert read(evaluate_words([f"run={run}/"])) == {"run": str(run)}


def test_two_checkpoints_are_one_too_many(run):
    with pytest.raises(InputError, match=r"ckpt: got best, but run= names last\.ckpt"):
        evaluate_words([f"run={run}/checkpoints/last.ckpt", "ckpt=best"])


def test_an_exported_file_brings_the_run_that_it_stands_in(run):
    file = f"exported={run}/exports/best.onnx"
    assert read(evaluate_words([file])) == {"exported": f"{run}/exports/best.onnx", "run": str(run)}
    assert read(evaluate_words([file, "run=null"]))["run"] is None
    assert read(evaluate_words(["exported=elsewhere/best.onnx", "data=digits"]))["run"] is None


def test_other_words_stay():
    assert evaluate_words(["--help"]) == ["--help"]
    assert evaluate_words(["run='a b'", "run=${oc.env:RUN}"]) == ["run='a b'", "run=${oc.env:RUN}"]


def test_a_folder_alone_is_answered_with_the_word_before_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    with pytest.raises(InputError, match=r"^run: here run=run$"):
        evaluate_words(["run"])
    assert evaluate_words(["--config-dir", "run"]) == ["--config-dir", "run"]
