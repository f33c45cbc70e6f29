"""Further validation sets: their scores are those of evaluate.py, and one of them may decide."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from epochwise.callbacks.val_sets import ValSets
from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.input_error import InputError
from epochwise.run.epochs_csv import read_epochs_csv

from tests.ranks import run_ranks

SCRIPT = Path(__file__).parents[1] / "commands/go_on_ranks.py"
SMALL = ("data=table", "model.hidden_sizes=[8]", "trainer.max_epochs=3", "name=test", "report=false")
SMALL += ("~callbacks.model_summary", "~callbacks.progress_bar", "~loggers.tensorboard", "optimizer.lr=0.02")
TABLE = "epochwise.data.table.Table"


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The paths of a table to train on, and of another one whose inputs are shifted; 120 and 70 rows."""
    folder, rng = tmp_path_factory.mktemp("tables"), np.random.default_rng(0)
    paths = []
    for name, rows, shift in (("ours", 120, 0.0), ("other", 70, 0.7)):
        x = rng.normal(size=(rows, 2))
        kind = np.where(x.sum(1) > 0, "up", "down")
        paths.append(folder / f"{name}.csv")
        pd.DataFrame({"a": x[:, 0] * 50 + shift * 50, "b": x[:, 1] + shift, "kind": kind}).to_csv(
            paths[-1], index=False
        )
    return paths


def words(tables, *more):
    ours, other = tables
    sets = f"+callbacks.val_sets.sets.other={{_target_:{TABLE},path:{other},target:kind}}"
    return (*SMALL, f"data.path={ours}", "data.target=kind", "+callbacks=val_sets", sets, *more)


@pytest.fixture(scope="module")
def run(tables, tmp_path_factory, composed):
    folder = tmp_path_factory.mktemp("val_sets") / "run"
    train(composed(*words(tables, "monitor=val_other/loss", "stopping.patience=9"), run_folder=folder))
    return folder


def test_each_has_the_scores_that_evaluate_gives_of_it(tables, run, composed):
    other = (f"run={run}", "ckpt=last", "split=all", "data=table", f"data.path={tables[1]}", "data.target=kind")
    scores = evaluate(composed(*other, root="evaluate"))
    row = read_epochs_csv(run / "epochs.csv")[-1]
    found = {name.partition("/")[2]: value for name, value in row.items() if name.startswith("val_other/")}
    assert found == pytest.approx(scores, abs=1e-6)
    assert found["loss"] != row["val/loss"]


def test_one_of_them_may_be_the_monitor(run):
    losses = [row["val_other/loss"] for row in read_epochs_csv(run / "epochs.csv")]
    result = json.loads((run / "result.json").read_text())
    assert (result["best_epoch"], result["best_score"]) == (int(np.argmin(losses)), pytest.approx(min(losses)))


def test_a_monitor_of_a_set_that_is_not_there_is_a_line(tables, composed):
    with pytest.raises(InputError, match=r"monitor: got 'val_othr/loss', which is never logged.*'val_other/loss'"):
        check(composed(*words(tables, "monitor=val_othr/loss")))


def test_a_run_trains_to_the_bit_as_without_them(tables, run, tmp_path, composed):
    plain = [word for word in words(tables, "stopping.patience=9") if "val_sets" not in word]
    train(composed(*plain, run_folder=tmp_path))
    for one, other in zip(read_epochs_csv(tmp_path / "epochs.csv"), read_epochs_csv(run / "epochs.csv"), strict=True):
        assert {name: one[name] for name in one if "/" in name and "seconds" not in name}.items() <= other.items()


@pytest.mark.parametrize(
    ("sets", "line"),
    [
        ("x={_target_:epochwise.data.digits.Digits}", r"callbacks.val_sets.sets.x: "),
        ("x=0.2", r"callbacks.val_sets.sets.x: got float, allowed: a data module"),
        (f"x={{_target_:{TABLE},path:missing.csv}}", r"callbacks.val_sets.sets.x: .*missing.csv"),
    ],
)
def test_what_is_no_set_of_this_kind_is_one_line_before_the_first_step(tables, tmp_path, composed, sets, line):
    more = [word for word in words(tables) if "sets.other" not in word]
    with pytest.raises(InputError, match=line):
        train(composed(*more, f"+callbacks.val_sets.sets.{sets}", run_folder=tmp_path))
    assert not (tmp_path / "epochs.csv").exists()


def test_a_name_that_no_curve_could_have_is_refused():
    with pytest.raises(InputError, match=r"callbacks.val_sets.sets: got 'a/b', allowed: a name of letters"):
        ValSets({"a/b": None})


def test_none_at_all_is_one_line(tables, tmp_path, composed):
    more = [word for word in words(tables) if "sets.other" not in word]
    with pytest.raises(InputError, match=r"callbacks.val_sets.sets: got none"):
        train(composed(*more, run_folder=tmp_path))


@pytest.mark.ranks
def test_two_ranks_score_each_sample_of_a_set_once(tables, tmp_path):
    still = words(tables, "optimizer=sgd", "optimizer.lr=1e-12", "scheduler=none", "trainer.max_epochs=1")
    found = []
    for world_size in (1, 2):
        folder = tmp_path / str(world_size)
        ranks = ["trainer=ddp", "trainer.devices=2", "trainer.accelerator=cpu"] if world_size > 1 else []
        run_ranks(SCRIPT, world_size, str(folder), "0", *still, *ranks, "resume=auto")
        (row,) = read_epochs_csv(folder / "epochs.csv")
        found.append({name: value for name, value in row.items() if name.startswith("val_other/")})
    assert found[0] == pytest.approx(found[1], abs=1e-6)
