"""How far a run is the trunk of a ladder with its settings."""

import pytest
import torch
from omegaconf import OmegaConf

from epochwise.commands.check_jobs import check_data
from epochwise.commands.train import train
from epochwise.ladder.jobs import Rung, jobs_of, rungs_of, with_spared
from epochwise.ladder.run_trunk import RunTrunk
from epochwise.run.run_config import read_run_config
from epochwise.run.run_folder import RunLock
from epochwise.sweep.job import JobRecord

TABLE = ["data=table", "model.hidden_sizes=[8]", "data.batch_size=128", "data.max_train_samples=256"]
TABLE += ["~loggers.tensorboard", "trainer.max_epochs=3", "stopping=none"]


@pytest.fixture(scope="module")
def made(composed, tmp_path_factory):
    """A run that ended before its cool-down, its config, and its data."""
    folder = tmp_path_factory.mktemp("run")
    words = [*TABLE, "scheduler=wsd", "scheduler.max_epochs=8", "scheduler.cooldown_fraction=0.5"]
    train(composed(*words, run_folder=folder))
    config = read_run_config(folder)
    return folder, config, check_data(config)


def trunk_of(made, **changed):
    folder, config, data = made
    typed = OmegaConf.from_dotlist([f"{key}={value}" for key, value in changed.items()])
    of_ladder = {"trainer": {"max_epochs": 9}, "seeds": 2}
    return RunTrunk.of(folder, OmegaConf.merge(config, of_ladder, typed), data)


def test_a_trunk_can_begin_with_an_epoch_whose_best_weights_are_still_there(made):
    found = trunk_of(made)  # epoch 2 has been kept, too, but the third was better
    assert (found.why, [start.epoch for start in found.starts]) == (None, [3])


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("optimizer.lr", 0.5, "optimizer.lr: got 0.5, and it had 0.002"),
        ("model.dropout", 0.5, "model.dropout: got 0.5, and it had 0.3"),
        ("data.order_seed", 4, "data.order_seed: got 4, and it had 0"),
        ("scheduler.warmup_epochs", 0.5, "scheduler.warmup_epochs: got 0.5, and it had 1.0"),
        ("scheduler.cooldown_shape", "linear", None),
        ("scheduler.max_epochs", 20, None),
        ("trainer.max_epochs", 20, None),
    ],
)
def test_what_makes_other_epochs_is_named_and_what_ends_them_is_free(made, key, value, why):
    assert trunk_of(made, **{key: value}).why == why


def test_a_rate_that_fell_before_the_checkpoints_that_are_left_leaves_nothing(made, composed, tmp_path):
    folder = tmp_path / "cooled"
    train(composed(*TABLE, "scheduler=wsd", "scheduler.cooldown_fraction=2", run_folder=folder))
    assert [start.epoch for start in trunk_of((folder, read_run_config(folder), made[2])).starts] == [1]
    (folder / "checkpoints/before_cooldown/last.ckpt").unlink()
    why = "its rate fell from epoch 1 on, and it has kept no checkpoint of before"
    assert trunk_of((folder, read_run_config(folder), made[2])).why == why


def test_other_samples_are_found_by_what_the_checkpoint_says_of_them(made):
    folder, config, _ = made
    data = check_data(OmegaConf.merge(config, {"data": {"max_train_samples": 255}}))
    assert RunTrunk.of(folder, config, data).why == "its samples were others"


def test_a_run_that_still_goes_on_and_one_by_another_version_are_left_alone(made):
    folder, config, data = made
    lock = RunLock(folder)
    assert RunTrunk.of(folder, config, data).why == "it still goes on"
    lock.release()
    result = (folder / "result.json").read_text()
    (folder / "result.json").write_text('{"versions": {"torch": "1.0"}}')
    assert RunTrunk.of(folder, config, data).why == "it was trained with torch 1.0"
    (folder / "result.json").write_text(result)


def test_a_best_checkpoint_that_was_replaced_since_takes_its_start_along(made):
    best = made[0] / "checkpoints/best.ckpt"
    there = torch.load(best, weights_only=True)
    torch.save(there | {"global_step": there["global_step"] - 1}, best)
    assert trunk_of(made).starts == ()
    torch.save(there, best)


def test_a_piece_of_the_trunk_begins_behind_the_last_kept_epoch_within_it(tmp_path):
    rungs, starts = rungs_of([5, 10, 20], 0.25), {7: [3, 6, 12]}
    words = jobs_of(rungs, [7, 8], [], tmp_path, starts)
    begun = {job[-1].partition("=")[2]: job[-2] for job in words if job[-2].startswith("begins_with=")}
    assert begun["trunk-4-seed-7"] == "begins_with=run-3-seed-7"
    assert begun["trunk-8-seed-7"] == "begins_with=run-6-seed-7"
    assert begun["trunk-16-seed-7"] == "begins_with=run-12-seed-7"
    assert begun["trunk-16-seed-8"] == "begins_with=trunk-8-seed-8"
    assert [rung.spared for rung in with_spared(rungs, [7, 8], tmp_path, starts)] == [3, 2, 4]


def test_a_job_that_was_begun_stays_as_it_was_whatever_the_run_has_kept_since(tmp_path):
    for seed, words in ((7, ["begins_with=run-3-seed-7"]), (8, [])):
        (tmp_path / f"trunk-4-seed-{seed}").mkdir()
        JobRecord(0, words).write(tmp_path / f"trunk-4-seed-{seed}")
    (rung,) = with_spared([Rung(5, 4, 0)], [7, 8], tmp_path, {7: [4], 8: [4]})
    assert (rung.spared, rung.price_of(2)) == (3, 7)


def test_one_line_says_what_the_trunk_begins_with(made):
    found, folder = trunk_of(made), made[0]
    rungs = rungs_of([5], 0.25)
    starts = {0: [start.epoch for start in found.starts]}
    said = f"of seed 0 goes on from epoch 3 of {folder}, to the bit what it would be from nothing"
    assert found.told(jobs_of(rungs, [0], [], folder, starts), [0]) == said
    assert found.told(jobs_of(rungs, [1], [], folder, starts), [1]) == f"from nothing: {folder} has the seed 0"
    behind = f"from nothing: no cool-down branches off behind what {folder} has kept, of epoch 3"
    assert found.told(jobs_of(rungs_of([2], 0.25), [0], [], folder, starts), [0]) == behind
