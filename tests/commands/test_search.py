"""A search as it is typed, from its first trial to the experiment that train.py runs."""

import csv
import json

import pytest
from omegaconf import OmegaConf

from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, timeless

WORDS = ["data=table", "data.batch_size=128", "trainer.max_epochs=2", "model.hidden_sizes=[4]", "space=none"]
WORDS += ["optimizer.lr=interval(1e-3,1e-2)", "optimizer=adamw,sgd", "optimizer.momentum=interval(0.5,0.9)"]
WORDS += ["~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard"]


@pytest.mark.long
def test_a_search_goes_on_with_its_study_and_ends_with_an_experiment(typed, tmp_path):
    plan = ["trainer.max_epochs=3", "finetune=two_phase", "finetune.phases.1.at_epoch=int(1,2)"]
    words = [*WORDS, *plan, "search=random", "pruner=none"]
    code, _, err = typed("search.py", *words, "n_trials=2")
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-search/*")
    code, out, err = typed("search.py", *words, "n_trials=3")
    assert (code, err) == (0, "")
    assert "job 2" in out and "job 1" not in out
    with open(folder / "trials.csv") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["COMPLETE"] * 3
    assert all(bool(row["optimizer.momentum"]) == (row["optimizer"] == "sgd") for row in rows)
    results = [json.loads((folder / f"trial-{trial}/result.json").read_text()) for trial in range(3)]
    assert [float(row["value"]) for row in rows] == [result["best_score"] for result in results]
    assert [result["test"] for result in results] == [{}] * 3
    assert {path.name for path in folder.glob("*.png")} == {"history.png", "importance.png"}

    best = min(range(3), key=lambda trial: results[trial]["best_score"])
    where = f"--config-dir={folder.relative_to(tmp_path)}"
    assert f"python train.py {where} experiment=best '~callbacks.model_summary'" in out
    assert "     count  at least 3 epochs: its schedule ended\n" in out
    assert f"settle it  python epochs.py run={folder.relative_to(tmp_path)}/trial-{best}\n" in out
    words = [where, "experiment=best", *WORDS[-3:], "report=false", "hydra.run.dir=again"]
    assert typed("train.py", *words)[0] == 0
    assert json.loads((tmp_path / "again/result.json").read_text())["best_score"] == results[best]["best_score"]
    places = (folder / f"trial-{best}", tmp_path / "again")
    by_search, by_hand = ([timeless(row) for row in read_epochs_csv(place / "epochs.csv")] for place in places)
    assert differences(by_search, by_hand) == []


@pytest.mark.long
def test_a_trial_that_diverges_ends_alone_and_is_told_why(typed, tmp_path):
    words = [*WORDS[:4], "space=none", "optimizer.lr=1e30,1e-3", "search=grid", *WORDS[-3:]]
    code, out, err = typed("search.py", *words, "n_trials=5")
    assert code == 0
    assert err.count("failed: train/loss became") == 1
    assert "1 complete, 1 fail" in out.replace("1 fail, 1 complete", "1 complete, 1 fail")


@pytest.mark.long
def test_a_setting_that_is_given_one_value_is_held_and_the_rest_of_the_space_is_searched(typed, tmp_path):
    code, _, err = typed("search.py", *WORDS[:4], *WORDS[-3:], "optimizer.lr=0.01", "n_trials=1")
    assert (code, err) == (0, "")
    (folder,) = tmp_path.glob("outputs/table-mlp-search/*/trial-0")
    assert OmegaConf.load(folder / "config.yaml").optimizer.lr == 0.01
    drawn = json.loads((folder / "job.json").read_text())["overrides"]
    keys = [word.partition("=")[0] for word in drawn if not word.startswith("callbacks.")]
    assert keys[-3:] == ["optimizer.lr", "optimizer.weight_decay", "model.dropout"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["space=none"], "space: nothing is searched"),
        (["space=none", "optimizer.lrr=interval(0,1)"], "space: optimizer.lrr: no such key"),
        (
            ["space=none", "optimizer.lr=interval(-1,0.1)"],
            "space: optimizer.lr: got -1.0 (float), allowed: a number above",
        ),
        (["space=none", "model.dropout=0.1,much"], "space: model.dropout: got 'much' (str), allowed: a number"),
        (["n_trials=0"], "n_trials: got 0"),
        (["model=mlp,cnnn"], "model: no option 'cnnn'"),
        (["storage=here/study.db"], "storage: got 'here/study.db', allowed: a URL, such as sqlite:///here/study.db"),
        (["data=table", "data.path=nowhere.csv", "space=none", "optimizer.lr=0.1,0.2"], "data.path=nowhere.csv: there"),
        (["storage=nonsense://x"], "storage: cannot open nonsense://x"),
        (["dry_run=true"], "dry_run: got True, but search.py goes by what came out"),
        (
            ["finetune=gradual", "space=none", "finetune.one_stage_every_n_epochs=range(1,40)"],
            "space: finetune.one_stage_every_n_epochs: got 39, but 'body' would begin to train at epoch 39",
        ),
    ],
)
def test_what_cannot_be_searched_is_one_line_and_leaves_no_folder(typed, tmp_path, words, line):
    code, _, err = typed("search.py", *words)
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.startswith(line)
    assert not list(tmp_path.glob("outputs"))
