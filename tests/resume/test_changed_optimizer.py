"""An optimizer or schedule that goes on with other settings, beside a checkpoint that was given them by hand."""

import re

import pytest
import torch
import yaml

from epochwise.commands.train import train
from epochwise.input_error import InputError

from tests.outcome import differences
from tests.resume.cut_off import BASE, files_of, rows_of, weights_of


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
