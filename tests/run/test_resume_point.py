import os

import pytest
import torch

from epochwise.input_error import InputError
from epochwise.run.resume_point import remove_leftovers, resume_point

EPOCH_LOG = {
    "rows": [{"epoch": 0, "step": 3, "val/loss": 0.5, "events": None}], "samples": 30, "epoch_samples": 0,
    "phases": {"data": 0.1}, "val_scores": {}, "logged_step": 5, "step_scores": [], "epoch_scores": ["val/loss"],
}  # fmt: skip


BEST_PATH = "${run_folder}/checkpoints/best.ckpt"
BEST = {
    "best_model_path": BEST_PATH, "last_model_path": "", "best_model_score": torch.tensor(0.5),
    "best_k_models": {BEST_PATH: torch.tensor(0.5)}, "kth_best_model_path": BEST_PATH,
}  # fmt: skip


def checkpoint(**other):
    kept = {"global_step": 5, "loops": {}, "callbacks": {}, "optimizer_states": [], "lr_schedulers": []}
    return {"state_dict": {"w": torch.zeros(2)}, "epoch": 1, "epoch_log": EPOCH_LOG, **kept, **other}


@pytest.fixture
def run(tmp_path):
    """A run folder with a last and a previous checkpoint."""
    (tmp_path / "checkpoints").mkdir()
    for name in ("last", "previous", "best"):
        torch.save(checkpoint(), tmp_path / f"checkpoints/{name}.ckpt")
    return tmp_path


def best(run, **state):
    states = {"ModelCheckpoint{'monitor': 'val/loss'}": BEST | state}
    torch.save(checkpoint(callbacks=states), run / "checkpoints/last.ckpt")


def test_the_last_checkpoint_is_the_one(run):
    assert resume_point(run) == (run / "checkpoints/last.ckpt", [])


def test_a_folder_without_checkpoints_begins_anew(tmp_path):
    assert resume_point(tmp_path) == (None, [])


@pytest.mark.parametrize("damage", [b"", b"x" * 1000, None, "link"])
def test_a_damaged_last_checkpoint_is_named_and_passed_over(run, damage):
    last = run / "checkpoints/last.ckpt"
    if isinstance(damage, bytes):
        last.write_bytes(damage)
    else:
        last.unlink()
        last.symlink_to("nowhere") if damage else os.mkfifo(last)
    found, (line,) = resume_point(run)
    assert found == run / "checkpoints/previous.ckpt"
    assert line.startswith(f"{last} is damaged (")


def test_the_previous_one_does_where_the_last_was_never_renamed(run):
    (run / "checkpoints/last.ckpt").unlink()
    assert resume_point(run) == (run / "checkpoints/previous.ckpt", [])


def test_without_a_whole_checkpoint_nothing_is_begun_over_it(run):
    for name in ("last", "previous"):
        (run / f"checkpoints/{name}.ckpt").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        resume_point(run)
    assert len(caught.value.lines) == 2


@pytest.mark.parametrize("key", ["global_step", "loops", "callbacks", "optimizer_states", "lr_schedulers"])
def test_a_checkpoint_of_weights_alone_is_not_gone_on_from(run, key):
    torch.save(checkpoint(**{key: "x"}), run / "checkpoints/last.ckpt")
    found, (line,) = resume_point(run)
    assert found.name == "previous.ckpt"
    assert f"it has no {key!r} to go on from" in line


@pytest.mark.parametrize(
    "other",
    [
        {"epoch": -1}, {"global_step": 2**63}, {"global_step": True}, {"epoch_log": None}, {"epoch_log": {}},
        {"epoch_log": EPOCH_LOG | {"samples": "x"}}, {"epoch_log": EPOCH_LOG | {"rows": [{"step": 3}]}},
        {"epoch_log": EPOCH_LOG | {"rows": [{"epoch": 0, "step": 3, "x": []}]}},
        {"epoch_log": EPOCH_LOG | {"rows": [None]}}, {"loops": {"fit_loop": {"progress": {"total": {"ready": (1,)}}}}},
        {"loops": {"fit_loop": {"current": 1}}}, {"loops": {"epoch_loop.state_dict": {"_batches_that_stepped": "x"}}},
        {"epoch_log": EPOCH_LOG | {"val_scores": {"val/loss": "x"}}}, {"epoch_log": EPOCH_LOG | {"step_scores": [1]}},
    ],
)  # fmt: skip
def test_counts_and_rows_that_no_run_writes_are_not_gone_on_from(run, other):
    torch.save(checkpoint(**other), run / "checkpoints/last.ckpt")
    found, (line,) = resume_point(run)
    assert found.name == "previous.ckpt"
    assert line.startswith(f"{run / 'checkpoints/last.ckpt'} is damaged (it")


@pytest.mark.parametrize("other", [{"global_step": None}, {"global_step": 2**63}, {"epoch": -1}])
def test_a_best_checkpoint_that_does_not_say_its_step_is_refused(run, other):
    best(run)
    torch.save(checkpoint(**other), run / "checkpoints/best.ckpt")
    with pytest.raises(InputError, match=r"best.ckpt does not say its epoch and step; without the best weights"):
        resume_point(run)


@pytest.mark.parametrize("path", ["${run_folder}/../outside.ckpt", "../outside", "s3://bucket/x", "a::b"])
def test_a_checkpoint_that_names_files_elsewhere_is_not_gone_on_from(run, path):
    torch.save(checkpoint(callbacks={"x": {"best_k_models": {path: 1}}}), run / "checkpoints/last.ckpt")
    assert f"it names {path!r}, which leaves the run folder" in resume_point(run)[1][0]


@pytest.mark.parametrize(
    "state", [{"kth_best_model_path": "gone"}, {"best_model_score": [0.5]}, {"best_k_models": {BEST_PATH: "x"}}]
)
def test_best_scores_that_nothing_compares_to_are_not_gone_on_from(run, state):
    best(run, **state)
    found, (line,) = resume_point(run)
    assert found.name == "previous.ckpt"
    assert "has a best score that is not as Lightning's ModelCheckpoint keeps it" in line


@pytest.mark.parametrize("state", [{}, {"param_groups": []}, {"param_groups": [{"lr": (0.1,)}]}, None])
def test_an_optimizer_without_a_learning_rate_is_not_gone_on_from(run, state):
    torch.save(checkpoint(optimizer_states=[state]), run / "checkpoints/last.ckpt")
    found, (line,) = resume_point(run)
    assert found.name == "previous.ckpt"
    assert "has an optimizer state without groups of a learning rate each" in line


def test_a_damaged_best_checkpoint_is_found_before_training_goes_on(run):
    best(run)
    assert resume_point(run)[0]
    (run / "checkpoints/best.ckpt").write_bytes(b"x")
    with pytest.raises(InputError, match=r"best.ckpt is damaged .*; without the best weights there is no end"):
        resume_point(run)


def test_a_best_checkpoint_of_another_network_is_refused(run):
    best(run)
    torch.save(checkpoint(state_dict={"w": torch.zeros(3)}), run / "checkpoints/best.ckpt")
    with pytest.raises(InputError, match=r"best.ckpt is of another network than the checkpoint to go on from"):
        resume_point(run)


def test_leftovers_of_dead_writers_go_and_all_else_stays(run):
    (run / "tensorboard").mkdir()
    (run / "checkpoints/before_cooldown").mkdir()
    left = [run / ".epochs.csv.123", run / "checkpoints/.last.ckpt.99", run / "tensorboard/.events.1"]
    left.append(run / "checkpoints/before_cooldown/.best.ckpt.7")
    kept = [run / ".lock", run / "epochs.csv", run / ".hidden", run / "checkpoints/.x.y", run / "a.123"]
    for path in left + kept:
        path.write_text("")
    remove_leftovers(run)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)
