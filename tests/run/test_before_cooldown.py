import pytest
import torch

from epochwise.run.checkpoints import BeforeCooldown


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
