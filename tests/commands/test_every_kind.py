"""Every kind of target through what a run promises: verdict, scores, resume, fine-tuning, early stopping."""

import json
from pathlib import Path

import pandas as pd
import pytest
import torch

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.commands.kinds import KINDS, words, write_kinds
from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

#: Each kind trains for a few seconds, seven times.
pytestmark = pytest.mark.long

QUICK = ("~callbacks.progress_bar", "~callbacks.model_summary", "name=test", "stopping=none")
RUN = ("trainer.max_epochs=6", "callbacks.last_checkpoint.every_n_steps=2")
#: One of what each kind is scored by.
SCORE = {
    "labels": "map",
    "numbers": "r2",
    "mask": "miou",
    "text": "accuracy",
    "tokens": "perplexity",
    "own": "loss",
    "inputs": "accuracy",
    "pictures": "map",
    "series": "r2",
    "stream": "accuracy",
    "module": "r2",
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kinds")
    write_kinds(folder)
    return folder


@pytest.fixture(scope="module", params=KINDS)
def trained_kind(request, files, tmp_path_factory, composed):
    """A kind, the folder of a run of six epochs, and what was typed."""
    folder = tmp_path_factory.mktemp(request.param)
    typed = [*words(request.param, files), *QUICK]
    train(composed(*typed, *RUN, run_folder=folder))
    return request.param, folder, typed


def weights(folder: Path, name: str = "last") -> dict[str, torch.Tensor]:
    return torch.load(folder / f"checkpoints/{name}.ckpt", weights_only=True)["state_dict"]


def test_a_run_learns_and_says_what_its_curves_mean(trained_kind):
    kind, folder, _ = trained_kind
    result = json.loads((folder / "result.json").read_text())
    rows = read_epochs_csv(folder / "epochs.csv")
    assert result["status"] == "completed"
    assert result["verdict"]["label"]
    assert result["recommended_epochs"]
    assert rows[-1]["val/loss"] < rows[0]["val/loss"]
    assert SCORE[kind] in result["test"]
    assert f"train_eval/{SCORE[kind]}" in rows[0]


def test_it_is_scored_again_as_it_was(trained_kind, composed):
    kind, folder, _ = trained_kind
    result = json.loads((folder / "result.json").read_text())
    found = evaluate(composed(f"run={folder}", "trust=tests.commands.kinds", root="evaluate"), tells=False)
    assert found == pytest.approx(result["test"], abs=1e-5)
    table = pd.read_csv(folder / "predictions/test.csv")
    assert len(table) == result["samples"]["test"]
    assert len(table.columns) > 1, kind


def test_its_report_says_what_a_run_of_eight_epochs_or_more_would_be(trained_kind, typed):
    kind, folder, _ = trained_kind
    code, out, err = typed("report.py", str(folder), "trust=tests.commands.kinds")
    assert (code, err) == (0, "")
    assert json.loads((folder / "result.json").read_text())["verdict"]["label"].replace("_", " ") in out
    assert f"val/{SCORE[kind]}" in (folder / "report.html").read_text()


@pytest.mark.parametrize("batch", [5, 12])
def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(trained_kind, tmp_path, composed, batch):
    _, whole, typed = trained_kind
    with cut_in_batch(batch):
        train(composed(*typed, *RUN, run_folder=tmp_path / "run"))
    train(composed(*typed, *RUN, "resume=auto", run_folder=tmp_path / "run"))
    assert differences(outcome(tmp_path / "run"), outcome(whole)) == []


@pytest.mark.parametrize("plan", ["gradual", "layerwise", "head"])
def test_its_network_can_be_fine_tuned(trained_kind, tmp_path, composed, plan):
    kind, folder, typed = trained_kind
    one_a_epoch = ["finetune.one_stage_every_n_epochs=1"] if plan == "gradual" else []
    more = [f"finetune={plan}", *one_a_epoch, f"model.pretrained={folder}", "trainer.max_epochs=6"]
    train(composed(*typed, *more, "~loggers.tensorboard", run_folder=tmp_path))
    before, after = weights(folder, "best"), weights(tmp_path)
    same = [name for name in before if name in after and torch.equal(before[name], after[name])]
    assert len(same) < len(before), kind
    if plan == "head":
        assert same


def test_early_stopping_ends_it(trained_kind, tmp_path, composed):
    _, _, typed = trained_kind
    early = ["stopping=early", "stopping.patience=1", "stopping.min_delta=1000", "trainer.max_epochs=6"]
    typed = [word for word in typed if word != "stopping=none"]
    train(composed(*typed, *early, "~loggers.tensorboard", run_folder=tmp_path))
    assert len(read_epochs_csv(tmp_path / "epochs.csv")) == 2
