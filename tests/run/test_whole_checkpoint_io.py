from collections import Counter
from fractions import Fraction

import pytest
import torch

from epochwise.run.write_checkpoint import WholeCheckpointIO


def test_a_checkpoint_reads_back_as_plain_data(tmp_path):
    path = tmp_path / "checkpoints" / "last.ckpt"
    WholeCheckpointIO(tmp_path).save_checkpoint({"epoch": 3, "weights": torch.arange(4)}, path)
    assert torch.load(path, weights_only=True)["weights"].tolist() == [0, 1, 2, 3]


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(tmp_path):
    path = tmp_path / "last.ckpt"
    WholeCheckpointIO(tmp_path).save_checkpoint({"epoch": 3}, path)
    with pytest.raises((AttributeError, TypeError), match=r"lambda|pickle"):
        WholeCheckpointIO(tmp_path).save_checkpoint({"epoch": 4, "code": lambda: None}, path)
    assert torch.load(path, weights_only=True) == {"epoch": 3}
    assert list(tmp_path.iterdir()) == [path]


def test_what_could_not_be_loaded_again_is_found_when_it_is_first_written(tmp_path):
    path = tmp_path / "last.ckpt"
    checkpoints = WholeCheckpointIO(tmp_path)
    checkpoints.save_checkpoint({"epoch": 3, "weights": torch.zeros(2)}, path)
    for _ in range(2):
        with pytest.raises(Exception, match="Fraction"):
            checkpoints.save_checkpoint({"epoch": 4, "weights": torch.zeros(2), "setting": Fraction(1, 2)}, path)
    assert torch.load(path, weights_only=True)["epoch"] == 3


def test_what_is_like_one_that_was_read_back_is_not_read_again(tmp_path, monkeypatch):
    reads, load = [], torch.load
    monkeypatch.setattr(torch, "load", lambda *args, **words: (reads.append(1), load(*args, **words))[1])
    checkpoints = WholeCheckpointIO(tmp_path)
    read_after = []
    for weights in (torch.zeros(2), torch.ones(9), torch.zeros(2, dtype=torch.int8), torch.ones(2), Counter("ab")):
        checkpoints.save_checkpoint({"weights": weights}, tmp_path / "last.ckpt")
        read_after.append(len(reads))
    assert read_after == [1, 1, 2, 2, 3]
