import pytest
import torch

from epochwise.commands.train import train
from epochwise.run.checkpoints import BeforeCooldown

from tests.outcome import differences, outcome


def write(path, step):
    beside = path.with_name("beside")
    torch.save({"global_step": step}, beside)
    beside.replace(path)  # as checkpoints are written


def read(path):
    return torch.load(path, weights_only=True)["global_step"]


@pytest.fixture
def checkpoints(tmp_path):
    """The best and the last one, of steps 30 and 40, and where they are kept."""
    (tmp_path / "checkpoints").mkdir()
    best, last = (tmp_path / "checkpoints" / name for name in ("best.ckpt", "last.ckpt"))
    write(best, 30)
    write(last, 40)
    return best, last, BeforeCooldown(tmp_path)


def test_what_was_kept_outlives_what_replaces_it_and_comes_back(tmp_path, checkpoints):
    best, last, kept = checkpoints
    kept.keep(40)
    kept.keep(40)  # a run that is cut off there and goes on
    write(best, 50)
    write(last, 50)
    kept.put_back()
    assert (read(best), read(last)) == (30, 40)
    assert kept.is_kept
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["best.ckpt", "best.ckpt", "last.ckpt", "last.ckpt"]


def test_a_better_one_of_a_life_that_was_killed_in_its_cool_down_takes_the_place_of_none(checkpoints):
    best, _, kept = checkpoints
    kept.keep(40)
    write(best, 50)  # cooled; last.ckpt was not written any more
    kept.keep(40)
    assert (read(kept.best), read(kept.kept / "last.ckpt")) == (30, 40)


def test_where_nothing_was_kept_nothing_is_put_back(tmp_path):
    BeforeCooldown(tmp_path).put_back()
    assert not BeforeCooldown(tmp_path).is_kept
    assert list(tmp_path.iterdir()) == []


@pytest.mark.long
def test_a_run_of_wsd_that_is_stretched_is_to_the_bit_one_that_was_planned_so(tmp_path, composed):
    words = ["data=table", "model.hidden_sizes=[8]", "data.batch_size=128", "data.max_train_samples=256"]
    words += ["scheduler=wsd", "stopping=none", "~callbacks.model_summary", "~callbacks.progress_bar"]
    for folder, lives in ((tmp_path / "longer", (3, 8)), (tmp_path / "planned", (8,))):
        for count in lives:
            more = ["resume=auto", "extend=stretch"] if count == 8 and len(lives) == 2 else []
            train(composed(*words, f"trainer.max_epochs={count}", *more, run_folder=folder))
    longer, planned = outcome(tmp_path / "longer"), outcome(tmp_path / "planned")
    for one in (longer, planned):
        one["result"].pop("plan")
        one.pop("points")  # of which test scores are of every end
    assert differences(longer, planned) == []
