"""A run that goes on with other settings, beside one whose checkpoint was given them by hand."""

import re
import shutil

import pytest
import torch
import yaml

from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.task.classification import Classification

from tests.outcome import differences, timeless
from tests.power_cut import PowerCut, cut_in_batch

QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "~callbacks.confusion_matrix", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=4", "model.hidden_sizes=[16]", *QUICK)  # 10 steps an epoch


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory, composed):
    """Runs of four epochs that were cut off in the 25th batch, of which the checkpoint has 20 steps; a copy of each."""
    made = {}

    def copy(*words, batch=25):
        key = (batch, *words)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("cut") / "run"
            with cut_in_batch(batch):
                train(composed(*BASE, *words, run_folder=made[key]))
        folder = tmp_path_factory.mktemp("copy") / "run"
        shutil.copytree(made[key], folder)
        return folder

    return copy


def by_hand(folder, values, changed_settings):
    """Put values into the checkpoint's optimizer and schedule, and settings into config.yaml: then nothing is new."""
    path = folder / "checkpoints/last.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    for group in checkpoint["optimizer_states"][0]["param_groups"]:
        group |= {name: value for name, value in values.items() if not (name == "weight_decay" and group[name] == 0)}
        if "lr" in values:
            group["initial_lr"] = values["lr"] * group.get("lr_scale", 1.0)
            group["lr"] = group["initial_lr"]
    if "lr" in values:
        groups = checkpoint["optimizer_states"][0]["param_groups"]
        checkpoint["lr_schedulers"][0]["base_lrs"] = [group["initial_lr"] for group in groups]
    torch.save(checkpoint, path)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    for key, value in changed_settings.items():
        node, name = key.split(".")
        config[node][name] = value
    (folder / "config.yaml").write_text(yaml.safe_dump(config))


def rows_of(folder):
    return [timeless(row) for row in read_epochs_csv(folder / "epochs.csv")]


def weights_of(folder):
    return torch.load(folder / "checkpoints/last.ckpt", weights_only=True)["state_dict"]


def slow(*values):
    """A case for `make ranks`."""
    return pytest.param(*values, marks=pytest.mark.ranks)


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "values"),
    [
        (["scheduler=cosine"], {"lr": 1e-4, "weight_decay": 5.0}),
        (["optimizer=schedule_free"], {"lr": 1e-4}),
        slow(["scheduler=none"], {"lr": 1e-4}),
        slow(["scheduler=none"], {"weight_decay": 5.0}),
        slow(["scheduler=wsd"], {"betas": [0.5, 0.9]}),
        slow(["optimizer=sgd", "scheduler=step"], {"momentum": 0.5, "lr": 0.01}),
        slow(["optimizer=muon", "scheduler=none"], {"lr": 1e-3, "momentum": 0.5}),
        slow(["finetune=layerwise", "scheduler=cosine"], {"lr": 1e-4}),
    ],
    ids=str,
)
def test_what_the_checkpoint_has_of_the_optimizer_gives_way_to_what_is_asked(cut_off, composed, words, values):
    asked, hand = cut_off(*words), cut_off(*words)
    more = [f"optimizer.{name}={value}" for name, value in values.items()]
    by_hand(hand, values, {f"optimizer.{name}": value for name, value in values.items()})
    for folder in (asked, hand):
        train(composed(*BASE, *words, *more, "resume=auto", run_folder=folder))
    assert rows_of(asked) == rows_of(hand)
    assert differences(weights_of(asked), weights_of(hand)) == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("batch", "schedule"),
    [
        (25, "cosine"),
        (37, "one_cycle"),
        *(
            pytest.param(batch, schedule, marks=pytest.mark.ranks)
            for batch in (25, 37)
            for schedule in ("none", "cosine", "one_cycle", "step", "wsd")
            if (batch, schedule) not in ((25, "cosine"), (37, "one_cycle"))
        ),
    ],
)
def test_the_rates_that_follow_are_those_of_a_run_that_had_the_rate_from_the_start(
    tmp_path, cut_off, composed, schedule, batch
):
    words = (f"scheduler={schedule}", "callbacks.last_checkpoint.every_n_steps=3")
    folder = cut_off(*words, batch=batch)
    for run in (folder, tmp_path / "whole"):
        resume = ("resume=auto",) if run == folder else ()
        train(composed(*BASE, *words, "optimizer.lr=1e-4", *resume, run_folder=run))
    rates, expected = ([row["lr"] for row in rows_of(run)] for run in (folder, tmp_path / "whole"))
    assert rates[batch // 10 :] == expected[batch // 10 :]
    assert rates[1] == pytest.approx(20 * expected[1])


def test_the_rates_of_groups_keep_their_scales(cut_off, composed):
    folder = cut_off("finetune=layerwise", "scheduler=none")
    words = ("finetune=layerwise", "scheduler=none", "optimizer.lr=1e-4", "finetune.lr_decay=0.1")
    train(composed(*BASE, *words, "resume=auto", run_folder=folder))
    rates = {name: value for name, value in rows_of(folder)[-1].items() if name.startswith("lr/")}
    assert sorted(rates.values()) == pytest.approx([1e-5, 1e-4])


def test_the_drops_of_a_plateau_stay(cut_off, composed):
    words = ("scheduler=plateau", "scheduler.patience=0", "scheduler.threshold=9", "scheduler.factor=0.5")
    folder = cut_off(*words)
    train(composed(*BASE, *words, "optimizer.lr=1e-3", "resume=auto", run_folder=folder))
    assert [row["lr"] for row in rows_of(folder)] == pytest.approx([2e-3, 1e-3, 2.5e-4, 1.25e-4])


def test_a_schedules_own_settings_hold_too(cut_off, composed):
    folder = cut_off("scheduler=plateau", "scheduler.patience=8", "scheduler.threshold=9")
    words = ("scheduler=plateau", "scheduler.patience=0", "scheduler.threshold=9", "scheduler.factor=0.1")
    train(composed(*BASE, *words, "resume=auto", run_folder=folder))
    assert [row["lr"] for row in rows_of(folder)] == pytest.approx([2e-3, 2e-3, 2e-3, 2e-4])


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


def files_of(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


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
    ("word", "line"),
    [
        ("optimizer.lr=1e-4", "changes nothing: OneCycleLR sets it itself; set scheduler.max_lr"),
        ("optimizer.betas=[0.5,0.999]", "changes nothing: OneCycleLR sets it itself"),
        ("+optimizer.amsgrad=true", "cannot be gone on with: the optimizer of the checkpoint has no 'max_exp_avg_sq'"),
    ],
)
def test_a_setting_of_the_optimizer_that_could_not_hold_is_refused_and_nothing_is_touched(
    cut_off, composed, word, line
):
    folder = cut_off("scheduler=one_cycle")
    before = files_of(folder)
    words = ("scheduler=one_cycle", "scheduler.max_lr=0.002", word, "resume=auto")
    with pytest.raises(InputError, match=rf"^{re.escape(word.lstrip('+').partition('=')[0])}: {line}"):
        train(composed(*BASE, *words, run_folder=folder))
    assert files_of(folder) == before


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
