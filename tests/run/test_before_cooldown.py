from epochwise.run.before_cooldown import BeforeCooldown


def write(path, text):
    beside = path.with_name("beside")
    beside.write_text(text)
    beside.replace(path)  # as checkpoints are written


def test_what_was_kept_outlives_what_replaces_it_and_comes_back(tmp_path):
    (tmp_path / "checkpoints").mkdir()
    best, last = (tmp_path / "checkpoints" / name for name in ("best.ckpt", "last.ckpt"))
    kept = BeforeCooldown(tmp_path)
    write(best, "warm")
    write(last, "warm")
    kept.keep()
    kept.keep()  # a run that is cut off there and goes on
    write(best, "cooled")
    write(last, "cooled")
    kept.put_back()
    assert (best.read_text(), last.read_text()) == ("warm", "warm")
    assert kept.is_kept
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["best.ckpt", "best.ckpt", "last.ckpt", "last.ckpt"]


def test_where_nothing_was_kept_nothing_is_put_back(tmp_path):
    BeforeCooldown(tmp_path).put_back()
    assert not BeforeCooldown(tmp_path).is_kept
    assert list(tmp_path.iterdir()) == []
