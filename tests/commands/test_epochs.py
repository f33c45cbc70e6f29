"""Runs of several counts off one trunk, against runs of these counts from nothing."""

import json
from pathlib import Path

import pytest
import yaml

from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv

from tests.outcome import differences, outcome

TABLE = ["data=table", "model.hidden_sizes=[8]", "data.batch_size=128", "data.max_train_samples=256"]
PICTURES = ["model=cnn", "model.channels=[4,8]", "data.max_train_samples=96", "data.batch_size=32"]
QUIET = ["~callbacks.model_summary", "~callbacks.progress_bar"]


def ladder_folder(tmp_path: Path) -> Path:
    (folder,) = tmp_path.glob("outputs/*-epochs/*")
    return folder


def unlike(folder: Path, count: int, composed, tmp_path: Path, *words: str, seed: int = 0) -> list[str]:
    """Where a branch differs from a run of its count that began with nothing."""
    alone = tmp_path / f"alone-{count}-{seed}"
    each = [f"trainer.max_epochs={count}", f"seed={seed}", "trainer.limit_test_batches=0"]
    train(composed("scheduler=wsd", "stopping=none", *words, *QUIET, *each, run_folder=alone))
    found, wanted = outcome(folder / f"epochs-{count}-seed-{seed}"), outcome(alone)
    for one in (found, wanted):
        one["result"].pop("plan")
    return differences(found, wanted)


@pytest.mark.parametrize(
    "words",
    [
        pytest.param([*TABLE, "model.dropout=0.2"], id="dropout"),
        pytest.param(
            [
                *PICTURES,
                "data.augment={_target_:torchvision.transforms.v2.RandomAffine,degrees:[-10,10]}",
                "+callbacks=ema",
            ],
            id="augmentation and an average of weights",
            marks=pytest.mark.ranks,
        ),
        pytest.param(
            [*PICTURES, "finetune=two_phase", "finetune.phases.1.at_epoch=1"],
            id="a plan of two phases",
            marks=pytest.mark.ranks,
        ),
    ],
)
def test_a_branch_is_to_the_bit_a_run_of_its_count_from_nothing(typed, composed, tmp_path, words):
    code, out, err = typed("epochs.py", *words, *QUIET, "counts=2,4", "seeds=1", "report=false")
    assert (code, err) == (0, "")
    assert out.count("best epoch") == 4 and "next time" not in out and "verdict" not in out  # the ladder says how many
    folder = ladder_folder(tmp_path)
    for count in (2, 4):
        assert unlike(folder, count, composed, tmp_path, *words) == []


@pytest.mark.long
def test_a_longer_ladder_with_more_seeds_trains_only_what_is_missing_and_says_the_score_over_the_count(typed, tmp_path):
    words = [*TABLE, *QUIET, "report=false", "~loggers.tensorboard"]
    assert typed("epochs.py", *words, "counts=2,8", "seeds=1")[0] == 0
    folder = ladder_folder(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*/epochs.csv")}
    code, out, err = typed("epochs.py", *words, "counts=2,4,8", "seeds=2")
    assert (code, err) == (0, "")
    assert ladder_folder(tmp_path) == folder
    assert {path: path.stat().st_mtime_ns for path in before} == before
    found = json.loads((folder / "counts.json").read_text())
    assert (found["counts"], found["seeds"]) == ([2, 4, 8], [0, 1])
    for place, seed in enumerate((0, 1)):
        ends = [read_epochs_csv(folder / f"epochs-{count}-seed-{seed}/epochs.csv")[-1] for count in (2, 4, 8)]
        assert [row["epoch"] for row in ends] == [1, 3, 7]
        assert found["scores"]["val/loss"][place] == [row["val/loss"] for row in ends]
    results = {path.parent.name: json.loads(path.read_text())["test"] for path in folder.glob("*/result.json")}
    assert set(map(str, results.values())) == {"{}"}  # no run has looked at the test split
    scored = sorted(path.parts[-3] for path in folder.glob("*/predictions/last-test.json"))
    assert scored[-2:] == [f"epochs-{found['recommended']}-seed-{seed}" for seed in (0, 1)]
    assert f"recommended  {found['recommended']} epochs" in out
    assert typed("epochs.py", *words, "counts=3", "seeds=2", f"hydra.sweep.dir={folder}")[0] == 0
    more = json.loads((folder / "counts.json").read_text())  # a shorter ladder forgets nothing
    assert (more["counts"], more["price_epochs"][1]) == ([2, 3, 4, 8], 2)
    for other, key in ((["optimizer.lr=0.1"], "hydra.sweep.dir"), (["resume=false"], "resume")):
        code, _, err = typed("epochs.py", *words, "counts=2,8", "seeds=1", *other, f"hydra.sweep.dir={folder}")
        assert (code, len(err.splitlines()), err.partition(":")[0]) == (2, 1, key)
    code, told, err = typed("report.py", str(folder))
    assert (code, err) == (0, "")
    assert f"recommended  {found['recommended']} epochs" in told
    assert next(line for line in out.splitlines() if "val/accuracy" in line and "gain" in line) in told.splitlines()
    assert (folder / "counts.json").exists() and '"counts"' in (folder / "report.html").read_text()


@pytest.mark.ranks
def test_a_ladder_without_counts_doubles_them_and_ends_by_itself_or_where_no_more_fits(typed, tmp_path):
    words = [*TABLE, *QUIET, "report=false", "~loggers.tensorboard", "seeds=1"]
    code, out, _ = typed("epochs.py", *words, "optimizer.lr=1e-9", "min_gain_per_epoch=0.001", "name=idle")
    assert code == 0
    (idle,) = tmp_path.glob("outputs/idle-epochs/*")
    assert json.loads((idle / "counts.json").read_text())["counts"] == [5, 10, 20]
    assert "min_gain_per_epoch=0.001" in out
    code, out, _ = typed("epochs.py", *words, "max_steps=20", "name=short")
    (short,) = tmp_path.glob("outputs/short-epochs/*")
    assert json.loads((short / "counts.json").read_text())["counts"] == [5]  # two steps an epoch
    assert "10 epochs are not tried: 10 steps are taken, and it takes " in out
    assert typed("epochs.py", *words, "max_steps=9", "name=none")[::2] == (
        2,
        "counts: 5 epochs are not tried: 0 steps are taken, and it takes 10 of max_steps=9\n",
    )


@pytest.mark.long
def test_a_run_that_fails_is_named_and_the_others_are_told(typed, tmp_path):
    fails = (
        "+callbacks.stop={_target_:lightning.pytorch.callbacks.EarlyStopping,monitor:val/loss,stopping_threshold:0.65}"
    )
    words = [*TABLE, *QUIET, "report=false", "~loggers.tensorboard", "counts=2,40", "seeds=1"]
    code, out, err = typed("epochs.py", *words, fails)
    assert code == 1
    assert "begins_with: trunk-" in err
    folder = ladder_folder(tmp_path)
    found = json.loads((folder / "counts.json").read_text())
    assert "epochs-40-seed-0" in found["failed"]
    assert found["scores"]["val/loss"][0][0] is not None
    assert found["test"] is None
    assert "failed  " in out


@pytest.mark.long
def test_the_settings_of_a_run_get_a_steady_rate_and_no_early_stopping(typed, tmp_path):
    run = [*TABLE, *QUIET, "report=false", "~loggers.tensorboard", "optimizer.lr=0.01", "trainer.max_epochs=2"]
    assert typed("train.py", *run, "hydra.run.dir=own")[0] == 0
    command = ["epochs.py", "run=own", "counts=2,4", "seeds=2", "report=false"]
    code, out, err = typed(*command)
    assert (code, err) == (0, "")
    why = "its rate (Cosine) does not stay, and up to its cool-downs that of a ladder does"
    assert f"trunk  from nothing, not from own: {why}\n" in out
    assert "next  python epochs.py run=own counts=2,4,8 seeds=0,1\n" in out  # it ended too early
    code, out, err = typed(*command)
    assert (code, err, out.count("is finished already")) == (0, "", 8)
    assert "job 0  trunk-1-seed-0: is finished already\n" in out
    orders = [ladder_folder(tmp_path) / f"epochs-4-seed-{seed}/config.yaml" for seed in (0, 1)]
    assert [yaml.safe_load(path.read_text())["data"]["order_seed"] for path in orders] == [0, 1]
    config = yaml.safe_load((ladder_folder(tmp_path) / "epochs-4-seed-0/config.yaml").read_text())
    assert config["optimizer"]["lr"] == 0.01
    assert config["scheduler"]["_target_"].endswith(".WSD")
    assert config["scheduler"]["max_epochs"] == config["trainer"]["max_epochs"] == 4
    assert not config["stopping"]["_target_"].startswith("epochwise.")
    assert typed("epochs.py", "run=own", "model=cnn")[::2] == (
        2,
        "model=cnn: the settings are those of the run; set values by KEY=VALUE\n",
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("run", "words"),
    [
        pytest.param(["scheduler=none", "stopping=early"], ["scheduler.warmup_epochs=0"], id="constant rate"),
        pytest.param(["stopping=adaptive"], ["scheduler=wsd_long"], id="before a cool-down"),
        pytest.param(["scheduler=wsd", "stopping=none"], [], id="before a planned one"),
    ],
)
def test_a_trunk_that_goes_on_from_a_run_gives_to_the_bit_what_it_gives_from_nothing(
    typed, composed, tmp_path, run, words
):
    shared = [*TABLE, "model.dropout=0.2"]
    assert typed("train.py", *shared, *QUIET, *run, "report=false", "trainer.max_epochs=3", "hydra.run.dir=own")[0] == 0
    code, out, err = typed("epochs.py", "run=own", "counts=2,6", "seeds=2", "report=false")
    assert (code, err) == (0, "")
    behind = 3 if "scheduler=none" in run else 2  # where three epochs with a cool-down of a third begin it
    assert f"of seed 0 goes on from epoch {behind} of own" in out
    folder = ladder_folder(tmp_path)
    prices = json.loads((folder / "counts.json").read_text())["price_epochs"]
    assert prices == [2, 6 - 1 - (behind - 1) / 2]  # of two seeds, one of which the run has
    for seed in (0, 1):
        assert unlike(folder, 6, composed, tmp_path, *shared, *words, seed=seed) == []


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("counts=[]", "counts: got [], allowed: at least one\n"),
        ("seeds=[]", "seeds: got [], allowed: at least one\n"),
        ("dry_run=true", "dry_run: got True, but epochs.py goes by what came out"),
    ],
)
def test_what_leaves_nothing_to_train_is_one_line(typed, word, line):
    code, _, err = typed("epochs.py", *TABLE, word)
    assert (code, len(err.splitlines())) == (2, 1)
    assert err.startswith(line)
