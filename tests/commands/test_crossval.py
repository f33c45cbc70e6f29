"""Cross-validation as it is typed, against a loop written by hand."""

import json
from pathlib import Path

import lightning as L
import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import StratifiedKFold, train_test_split
from torch.nn.functional import cross_entropy

from epochwise.model.mlp import MLP
from epochwise.report.read_runs import read_runs
from epochwise.report.seed_groups import seed_groups
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, timeless

EPOCHS, FOLDS, BATCH = 4, 3, 64
WORDS = [f"folds={FOLDS}", f"trainer.max_epochs={EPOCHS}", "data=table", "model.hidden_sizes=[8]", "model.dropout=0"]
WORDS += [f"data.batch_size={BATCH}", "optimizer=sgd", "scheduler=none", "trainer.precision=64-true", "report=false"]
WORDS += ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard"]


def plain_loop() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(FOLDS, EPOCHS) validation losses; and x and y of all but the test split."""
    x, y = load_breast_cancer(return_X_y=True)
    y = 1 - y  # classes in the order of their names: benign, malignant
    x, _, y, _ = train_test_split(x, y, test_size=int(np.ceil(0.15 * len(y))), random_state=0, stratify=y)
    curves = []
    for train, val in StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(x, y):
        mean, std = x[train].mean(0), x[train].std(0)
        scaled = torch.tensor(((x - mean) / std).astype(np.float32)).double()
        target = torch.tensor(y)
        L.seed_everything(0, verbose=False)
        network = MLP((30,), 2, [8], 0.0).double()
        decayed = [weight for weight in network.parameters() if weight.ndim > 1]
        others = [weight for weight in network.parameters() if weight.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": 5e-4}, {"params": others, "weight_decay": 0.0}]
        optimizer = torch.optim.SGD(groups, lr=0.1, momentum=0.9, nesterov=True)
        curve = []
        for epoch in range(EPOCHS):
            order = np.random.default_rng((0, epoch)).permutation(len(train))
            for start in range(0, len(train), BATCH):
                rows = train[order[start : start + BATCH]]
                optimizer.zero_grad()
                cross_entropy(network(scaled[rows]), target[rows], label_smoothing=0.1).backward()
                optimizer.step()
            with torch.no_grad():
                curve.append(float(cross_entropy(network(scaled[val]), target[val], label_smoothing=0.1)))
        curves.append(curve)
    return np.array(curves), x, y


def curves_of(folder: Path) -> np.ndarray:
    tables = [read_epochs_csv(folder / f"fold-{fold}/epochs.csv") for fold in range(FOLDS)]
    return np.array([[row["val/loss"] for row in rows] for rows in tables])


@pytest.mark.long
def test_folds_are_those_of_a_plain_loop_and_the_refit_takes_as_many_steps(typed, tmp_path):
    code, out, err = typed("crossval.py", *WORDS)
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-crossval/*")
    expected, x, _ = plain_loop()
    assert curves_of(folder) == pytest.approx(expected, abs=1e-5)
    found = json.loads((folder / "crossval.json").read_text())
    count = int(np.argmin(expected.mean(0))) + 1
    assert found["folds"]["epochs"]["value"] == count
    assert found["folds"]["mean"] == pytest.approx(expected.mean(0).min(), abs=1e-5)
    assert f"best count  {count} epochs" in out
    results = [json.loads((folder / f"fold-{fold}/result.json").read_text()) for fold in range(FOLDS)]
    assert [result["test"] for result in results] == [{}] * FOLDS  # nobody has looked at it

    written = [(folder / f"fold-{fold}/epochs.csv").stat().st_mtime_ns for fold in range(FOLDS)]
    code, out, err = typed("crossval.py", *WORDS, "refit=true")
    assert (code, err) == (0, "")
    assert [(folder / f"fold-{fold}/epochs.csv").stat().st_mtime_ns for fold in range(FOLDS)] == written
    found = json.loads((folder / "crossval.json").read_text())
    refit = json.loads((folder / "refit/result.json").read_text())
    steps = np.ceil(len(x) / BATCH)
    assert found["all"]["samples"] == refit["samples"]["train"] == len(x)
    assert (
        found["refit"]["epochs"] == refit["epochs_run"] == round(count * results[0]["plan"]["steps_per_epoch"] / steps)
    )
    assert found["refit"]["test"]["accuracy"] > 0.8


def test_a_fold_that_fails_is_named_and_the_others_are_kept(typed, tmp_path):
    code, out, err = typed("crossval.py", *WORDS, "optimizer.lr=1e30", "folds=2")
    assert code == 1
    assert err.count("failed: train/loss became") == 2
    assert "2 of 2 jobs; the same command runs them again" in out


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["-m", "model=mlp,cnn"], "--multirun: crossval.py runs a job for each fold already; one setting at a time"),
        (["model=mlp,cnn"], "model: got 'mlp,cnn', a sweep; allowed: one value"),
        (["folds=1000"], "splitter: StratifiedKFold cannot cut these samples: n_splits=1000"),
        (["data=table", "groups=patient"], "data.groups=patient: no such column"),
        (["folds=1"], "folds: got 1 (int), allowed: an int of at least 2"),
        (["data.fold=1"], "data.fold: crossval.py runs all folds; a single one: add hydra.mode=RUN"),
        (["splitter=groups"], "splitter: no option 'groups'; allowed: "),
        (["scheduler=plateau", "refit=true"], "refit: scheduler=plateau follows validation"),
        (["find=lr"], "find: got 'lr', but crossval.py trains whole runs; python train.py find=lr tries"),
        (["trainer.fast_dev_run=true"], "trainer.fast_dev_run: got True, but crossval.py compares curves"),
        (["trainer.overfit_batches=1", "refit=true"], "refit: trainer.overfit_batches=1 scores"),
    ],
)
def test_what_cannot_be_cross_validated_is_one_line_and_leaves_no_folder(typed, tmp_path, words, line):
    code, _, err = typed("crossval.py", *words)
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.startswith(line)
    assert not list(tmp_path.glob("outputs"))


@pytest.mark.long
def test_rows_of_numbers_are_cut_several_times_and_the_standard_error_is_that_of_one_cut(typed, tmp_path):
    words = [*WORDS, "data.path=diabetes", "data.kind=number", "task=regression", "splitter=repeated_kfold", "folds=3"]
    code, out, err = typed("crossval.py", *words, "splitter.n_repeats=2", "refit=true")
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-crossval/*")
    val = [read_epochs_csv(folder / f"fold-{fold}/epochs.csv") for fold in range(6)]
    curves = np.array([[row["val/loss"] for row in rows] for rows in val])
    found = json.loads((folder / "crossval.json").read_text())
    best = int(np.argmin(curves.mean(0)))
    assert found["folds"]["epochs"]["value"] == best + 1
    assert found["folds"]["mean"] == pytest.approx(curves.mean(0)[best])
    of_one_cut = [curves[cut, best].std(ddof=1) / np.sqrt(3) for cut in (slice(3), slice(3, 6))]
    assert found["folds"]["stderr"] == pytest.approx(np.sqrt(np.mean(np.square(of_one_cut))))
    assert "6 of RepeatedKFold" in out
    (group,) = seed_groups(read_runs([folder / f"fold-{fold}" for fold in range(6)]))
    said = found["folds"]
    assert group.recommended_epochs == said["epochs"] | {"at_least": said["schedules_ended"]}  # the page says the same
    assert set(found["refit"]["test"]) >= {"loss", "mae"}


def rows_of(folder: Path) -> list[dict]:
    return read_epochs_csv(folder / "epochs.csv")


@pytest.mark.long
def test_layers_are_unfrozen_after_as_many_steps_on_all_of_the_data(typed, tmp_path):
    words = [*WORDS, "scheduler=cosine", "finetune=two_phase", "finetune.phases.1.at_epoch=2", "folds=2"]
    code, out, err = typed("crossval.py", *words, "refit=true")
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-crossval/*")
    step = {}
    for name in ("fold-0", "refit"):
        plan = json.loads((folder / name / "result.json").read_text())["plan"]
        begins = next(one["epoch"] for one in plan["finetune"]["epochs"] if one["lr"]["body"] is not None)
        step[name] = begins * plan["steps_per_epoch"]
        warmed_up = next(mark["step"] for mark in plan["landmarks"] if mark["name"] == "end of warm-up")
        step[f"{name} warm-up"] = warmed_up
    ended = json.loads((folder / "crossval.json").read_text())["folds"]["schedules_ended"]
    assert (" holds for  this schedule alone, drawn over " in out) == ended
    assert step == {"fold-0": 8, "refit": 8, "fold-0 warm-up": 4, "refit warm-up": 4}


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "samples", "steps"),
    [
        (["data.max_train_samples=200"], 200, 4),
        pytest.param(
            ["trainer.limit_train_batches=0.5", "data.drop_last=true", "trainer.accumulate_grad_batches=2"],
            483,
            2,
            marks=pytest.mark.ranks,
        ),
        pytest.param(["budget='500 samples'", "data.label_noise=0.1"], 483, 8, marks=pytest.mark.ranks),
    ],
)
def test_what_is_said_of_all_of_the_data_is_what_is_trained_on_it(typed, tmp_path, words, samples, steps):
    code, out, err = typed("crossval.py", *WORDS, "folds=2", *words, "refit=true")
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-crossval/*")
    found = json.loads((folder / "crossval.json").read_text())
    fold, refit = (json.loads((folder / name / "result.json").read_text()) for name in ("fold-0", "refit"))
    assert found["all"]["samples"] == refit["samples"]["train"] == samples
    assert found["all"]["steps_per_epoch"] == refit["plan"]["steps_per_epoch"] == steps
    count = found["folds"]["epochs"]["value"]
    assert refit["steps"] == max(round(count * fold["plan"]["steps_per_epoch"] / steps), 1) * steps
    assert f"on {samples}: as many steps as {count} (" in out


@pytest.mark.long
def test_a_fold_and_the_refit_are_to_the_bit_what_train_py_makes_of_their_words(typed, tmp_path):
    assert typed("crossval.py", *WORDS, "folds=2", "model.dropout=0.3", "refit=true")[0] == 0
    (folder,) = tmp_path.glob("outputs/table-mlp-crossval/*")
    splitter = "{_target_:sklearn.model_selection.StratifiedKFold,n_splits:2,shuffle:true,random_state:0}"
    for name in ("fold-1", "refit"):
        words = json.loads((folder / name / "job.json").read_text())["overrides"]
        words = [f"+{word}" if word.startswith("data.fold=") else word for word in words if "folds=" not in word]
        words += [f"+data.splitter={splitter}", f"hydra.run.dir={name}"]
        words += [word for word in ["stopping=none"] if word not in words]
        assert typed("train.py", *words)[::2] == (0, "")
        once, again = ([timeless(row) for row in rows_of(place / name)] for place in (folder, tmp_path))
        assert differences(once, again) == []
