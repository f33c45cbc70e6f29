"""A run that goes on with other settings: which are refused, and what the config says of the others."""

import shutil

import pytest
import yaml

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.task.classification import Classification

from tests.outcome import differences
from tests.power_cut import PowerCut
from tests.resume.cut_off import BASE, files_of, rows_of, weights_of


def recorded(folder):
    return yaml.safe_load((folder / "config.yaml").read_text()).get("changes")


def test_the_config_says_from_which_step_a_setting_holds_and_keeps_what_was_said_before(cut_off, composed, capsys):
    folder = cut_off("scheduler=none")
    assert recorded(folder) is None
    words = ["scheduler=none", "resume=auto", "optimizer.lr=1e-4"]
    train(composed(*BASE, *words, run_folder=folder))
    first = {"at_epoch": 2, "at_step": 20, "was": {"optimizer.lr": 2e-3}, "now": {"optimizer.lr": 1e-4}}
    assert recorded(folder) == [first]
    assert "changed  optimizer.lr 0.0001 in place of 0.002, from epoch 2 (step 20) on" in capsys.readouterr().out
    train(composed(*BASE, *words, run_folder=folder))
    assert recorded(folder) == [first]
    train(composed(*BASE, *words, "trainer.max_epochs=5", "+trainer.gradient_clip_algorithm=norm", run_folder=folder))
    now = {"trainer.max_epochs": 5, "trainer.gradient_clip_algorithm": "norm"}
    assert recorded(folder) == [first, {"at_epoch": 4, "at_step": 40, "was": {"trainer.max_epochs": 4}, "now": now}]


def test_a_setting_holds_even_where_the_run_ends_again_before_the_next_checkpoint(cut_off, composed, monkeypatch):
    folder, beside = cut_off("scheduler=none"), cut_off("scheduler=none")
    words = ("scheduler=none", "resume=auto", "optimizer.lr=1e-4")
    with monkeypatch.context() as patch:
        patch.setattr(Classification, "training_step", lambda *_: (_ for _ in ()).throw(PowerCut))
        with pytest.raises(PowerCut):
            train(composed(*BASE, *words, run_folder=folder))
    for run in (folder, beside):
        train(composed(*BASE, *words, run_folder=run))
    assert rows_of(folder) == rows_of(beside)
    assert recorded(folder) == recorded(beside)


def test_what_was_tried_and_taken_back_is_not_recorded(cut_off, composed, monkeypatch):
    folder, untouched = cut_off("scheduler=none"), cut_off("scheduler=none")
    with monkeypatch.context() as patch:
        patch.setattr(Classification, "training_step", lambda *_: (_ for _ in ()).throw(PowerCut))
        with pytest.raises(PowerCut):
            train(composed(*BASE, "scheduler=none", "resume=auto", "optimizer.lr=1e-4", run_folder=folder))
    for run in (folder, untouched):
        train(composed(*BASE, "scheduler=none", "resume=auto", run_folder=run))
    assert rows_of(folder) == rows_of(untouched)
    assert recorded(folder) is None


STOPPING = ("scheduler=none", "stopping.patience=1", "stopping.min_delta=9", "trainer.max_epochs=6")  # after 2 epochs


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, composed):
    """A run that its patience has ended after two epochs; a copy of it."""
    made = tmp_path_factory.mktemp("stopped") / "run"
    train(composed(*BASE, *STOPPING, run_folder=made))

    def copy():
        folder = tmp_path_factory.mktemp("copy") / "run"
        shutil.copytree(made, folder)
        return folder

    return copy


@pytest.mark.parametrize(
    ("words", "epochs"),
    [
        (["stopping.patience=3"], 4),
        (["trainer.min_epochs=4"], 5),
        (["stopping.start_epoch=3"], 4),
        (["stopping=none", "~stopping.patience", "~stopping.min_delta"], 6),
    ],
    ids=str,
)
def test_a_run_that_patience_ended_goes_on_by_what_it_is_given_now(stopped, composed, words, epochs):
    folder = stopped()
    given = [word for word in (*BASE, *STOPPING) if "stopping=none" not in words or not word.startswith("stopping.")]
    train(composed(*given, *[word for word in words if word[0] != "~"], "resume=auto", run_folder=folder))
    assert len(rows_of(folder)) == epochs


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["stopping.min_delta=8"],
            r"stopping.min_delta: changes nothing: the run has ended \(val/loss has not improved",
        ),
        (
            ["optimizer.lr=0.1"],
            r"optimizer.lr: changes nothing: the run has ended .*; set trainer.max_epochs=\.\.\. too",
        ),
        (["trainer.max_epochs=1"], "trainer.max_epochs: changes nothing: the run has trained 2 epochs"),
        (["trainer.max_epochs=2"], "trainer.max_epochs: changes nothing: the run has trained all of its 2 epochs"),
        (["+trainer.max_steps=20"], r"trainer.max_steps: changes nothing: the run has taken 20 steps"),
    ],
    ids=str,
)
def test_what_would_train_nothing_is_refused_and_nothing_is_touched(stopped, composed, words, line):
    folder = stopped()
    before = files_of(folder)
    with pytest.raises(InputError, match=line):
        train(composed(*BASE, *STOPPING, *words, "resume=auto", run_folder=folder))
    assert files_of(folder) == before


@pytest.mark.parametrize("steps", [20, 25])
def test_more_steps_go_on_as_if_there_had_been_as_many_from_the_start(tmp_path, composed, steps):
    words = (*BASE, "scheduler=none")
    for most in (steps, steps + 7, 40):
        resume = () if most == steps else ("resume=auto",)
        train(composed(*words, f"+trainer.max_steps={most}", *resume, run_folder=tmp_path / "more"))
    train(composed(*words, run_folder=tmp_path / "whole"))
    assert rows_of(tmp_path / "more") == rows_of(tmp_path / "whole")
    assert differences(weights_of(tmp_path / "more"), weights_of(tmp_path / "whole")) == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["model.hidden_sizes=[8]"], r"model\.hidden_sizes: got \[8\], which makes another network"),
        (["monitor=val/accuracy", "mode=max"], "monitor: got val/accuracy, but the run goes on with val/loss"),
        (["stopping=adaptive", "scheduler=cosine"], "scheduler: got Cosine, allowed with stopping=adaptive: wsd"),
    ],
    ids=str,
)
def test_what_does_not_fit_the_checkpoint_is_refused_and_nothing_is_touched(cut_off, composed, words, line):
    folder = cut_off("scheduler=cosine")
    before = files_of(folder)
    with pytest.raises(InputError, match=line):
        train(composed(*BASE, "scheduler=cosine", *words, "resume=auto", run_folder=folder))
    assert files_of(folder) == before


def test_a_config_of_before_that_makes_no_schedule_is_named_and_nothing_is_touched(cut_off, composed):
    folder = cut_off("scheduler=cosine")
    path = folder / "config.yaml"
    path.write_text(path.read_text().replace("final_lr_scale: 0.0", "final_lr_scal: 0.0"))
    before = files_of(folder)
    with pytest.raises(InputError, match=r"config\.yaml: scheduler: .*final_lr_scal"):
        train(composed(*BASE, "scheduler=cosine", "optimizer.lr=1e-3", "resume=auto", run_folder=folder))
    assert files_of(folder) == before
