"""Runs on a data set of one's own: cut off, on two processes, in folds, scored again."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from epochwise.commands.build import build
from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.input_error import InputError
from epochwise.resume.restore import restore
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.trust.project import project_trust, with_listed

from tests.items.own_sets import Points
from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch
from tests.ranks import run_ranks

OWN = ("data=own", "data.train={_target_: tests.items.own_sets.Points, jitter: 0.1}", "data.batch_size=16", "name=test")
QUICK = ("model.hidden_sizes=[8]", "trainer.max_epochs=3", "~callbacks.model_summary", "~callbacks.progress_bar")
OWN += QUICK
STREAM = (
    "data=own_stream",
    "data.train={_target_: tests.items.own_sets.StatefulStream, shuffle: true}",
    "data.batch_size=16",
)
STREAM += ("data.val={_target_: tests.items.own_sets.Stream, n: 40, seed: 1}", "name=test", *QUICK)
STREAM += ("data.test={_target_: tests.items.own_sets.Points, n: 40, seed: 2}",)
MODULE = ("data=own_module", "data.module={_target_: tests.items.own_sets.OwnLoaders, jitter: 0.1}")
MODULE += ("name=test", *QUICK)
SHARED = ("data=own_module", "data.module={_target_: tests.items.own_sets.SharedLoaders}", *MODULE[2:])
NAMES = ("OwnLoaders", "Points", "Stream", "StatefulStream", "Pictures", "Sentences", "SumOfTwo")
TRUST = f"+trust=[{','.join(f'tests.items.own_sets.{name}' for name in NAMES)}]"


@pytest.mark.parametrize(
    ("data", "workers"),
    [
        (OWN, 0),
        (MODULE, None),
        (STREAM, 0),
        ((*STREAM, "data.samples_per_epoch=70"), 0),
        pytest.param(OWN, 2, marks=pytest.mark.long),
        pytest.param(STREAM, 2, marks=pytest.mark.long),
    ],
    ids=["items", "module", "stream", "stream cut into epochs", "items by workers", "stream by workers"],
)
def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(tmp_path, composed, monkeypatch, data, workers):
    monkeypatch.setattr(torch.utils.data._utils, "MP_STATUS_CHECK_INTERVAL", 0.1)
    given = () if workers is None else (f"data.num_workers={workers}",)
    words = (*data, *given, "callbacks.last_checkpoint.every_n_steps=3", "resume=auto")
    train(composed(*words, run_folder=tmp_path / "whole"))
    with cut_in_batch(12):
        train(composed(*words, run_folder=tmp_path / "cut"))
    train(composed(*words, run_folder=tmp_path / "cut"))
    assert differences(outcome(tmp_path / "cut"), outcome(tmp_path / "whole")) == []
    assert "train_eval/loss" in read_epochs_csv(tmp_path / "whole/epochs.csv")[0]


@pytest.mark.parametrize("data", [(*OWN, "data.train.jitter=0.0"), STREAM, MODULE], ids=["items", "stream", "module"])
def test_a_run_is_scored_again(tmp_path, composed, data):
    train(composed(*data, run_folder=tmp_path))
    scores = evaluate(composed(f"run={tmp_path}", TRUST, root="evaluate"), tells=False)
    assert scores == pytest.approx(json.loads((tmp_path / "result.json").read_text())["test"], abs=1e-6)


def test_scores_are_those_of_a_plain_loop_over_the_items(tmp_path, composed):
    train(composed(*OWN, "data.train.jitter=0.0", "data.batch_size=13", run_folder=tmp_path))
    run = restore(tmp_path, "last", with_listed(project_trust(), "tests.items.own_sets.Points"))
    data, points = build(run.config, "data"), Points()
    data.setup("fit")
    rows = data.splits["val"].items.rows
    with torch.no_grad():
        outputs = run.task.eval()(torch.tensor(points.x[rows]).float())
    right = float(np.mean(outputs.argmax(1).numpy() == points.y[rows]))
    assert read_epochs_csv(tmp_path / "epochs.csv")[-1]["val/accuracy"] == pytest.approx(right)


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("data", "count"), [(OWN, 112), (STREAM, 100), (SHARED, 100)], ids=["items", "stream", "module"]
)
def test_two_processes_see_each_sample_once_an_epoch(tmp_path, monkeypatch, data, count):
    monkeypatch.setenv("PYTHONHASHSEED", "0")
    script = Path(__file__).parent / "go_on_ranks.py"
    words = [word.replace("jitter: 0.1", "jitter: 0.0") for word in data]
    words += ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"]
    words += ["callbacks.last_checkpoint.every_n_steps=1"]
    whole = run_ranks(script, 2, str(tmp_path / "whole"), "0", *words)
    for epoch in "012":
        seen = [sample for rank in whole for batch, _ in rank[epoch] for sample in batch]
        assert len(seen) == len(set(seen)) == count
    cut = [run_ranks(script, 2, str(tmp_path / "cut"), life, *words, "resume=auto") for life in ("6", "0")]
    for rank in range(2):
        assert {e: cut[0][rank].get(e, []) + cut[1][rank].get(e, []) for e in "012"} == whole[rank]


@pytest.mark.long
def test_folds_are_cut_over_the_items(typed, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    words = ["folds=3", *OWN, "report=false", "~loggers.tensorboard", "hydra.sweep.dir=folds"]
    code, _, err = typed("crossval.py", *words)
    assert (code, err) == (0, "")
    found = json.loads(Path("folds/crossval.json").read_text())
    assert len(list(Path("folds").glob("fold-*"))) == 3
    assert found["folds"]["samples"] == pytest.approx(136 * 2 / 3, abs=1)


def test_a_data_module_that_is_named_alone_is_told_where_to_be_named(tmp_path, composed):
    node = {"_target_": "tests.items.own_sets.OwnLoaders"}
    config = composed(*QUICK, run_folder=tmp_path)
    config.data = node
    with pytest.raises(InputError, match=r"^data: OwnLoaders has no 'spec'.*: data=own_module"):
        train(config)


CONV = {"_target_": "torch.nn.Conv2d", "in_channels": 3, "out_channels": "${spec.num_outputs}", "kernel_size": 1}


@pytest.mark.parametrize(
    ("own_set", "words", "network"),
    [
        ("Points, form: labels", ("data.target=labels", "task=multilabel"), None),
        ("Points, form: numbers", ("data.target=number", "task=regression"), None),
        ("Pictures", ("task=segmentation", "data.class_names=[dark, bright]"), CONV),
        ("Sentences", ("data.target=tokens", "data.num_tokens=6", "data.pad_id=0", "task=language_model"), "lstm"),
        ("Points, form: two inputs", (), {"_target_": "tests.items.own_sets.SumOfTwo"}),
        (
            "Points, form: pair",
            ("data.target=own", "data.num_outputs=2", "task=own", "+task.loss={_target_: torch.nn.MSELoss}"),
            None,
        ),
    ],
    ids=["labels", "numbers", "masks", "tokens", "two inputs", "own"],
)
def test_every_kind_of_target_trains_and_is_scored_again(tmp_path, composed, own_set, words, network):
    quick = [word for word in QUICK if network is None or not word.startswith("model.")]
    given = ("data=own", f"data.train={{_target_: tests.items.own_sets.{own_set}}}", "data.batch_size=8", *words)
    given += ("model=lstm",) if network == "lstm" else ()
    config = composed(*given, *quick, "name=test", run_folder=tmp_path)
    if isinstance(network, dict):
        config.model = network
    train(config)
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "completed"
    trust = TRUST.replace(
        "]", ",tests.items.own_sets.SumOfTwo,tests.items.own_sets.Pictures,tests.items.own_sets.Sentences]"
    )
    scores = evaluate(composed(f"run={tmp_path}", trust, root="evaluate"), tells=False)
    assert scores == pytest.approx(result["test"], rel=1e-5)
