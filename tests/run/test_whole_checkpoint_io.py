import pytest
import torch

from epochwise.run.whole_checkpoint_io import WholeCheckpointIO


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
