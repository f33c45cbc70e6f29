import os
import pickle
import shutil

import pytest
import torch
from safetensors.torch import save_file

from epochwise.input_error import InputError
from epochwise.run.pretrained_weights import read_pretrained

WEIGHTS = {"head.weight": torch.ones(2, 3)}


def test_a_run_folder_gives_its_best_epoch_and_its_classes(trained):
    found = read_pretrained(str(trained))
    assert found.path == trained / "checkpoints/best.ckpt"
    assert "network.head.weight" in found.weights
    assert found.class_names == [str(digit) for digit in range(10)]


def test_a_folder_of_runs_gives_the_newest(trained, tmp_path):
    for age, name in ((100, "new"), (200, "old")):
        best = tmp_path / name / "checkpoints/best.ckpt"
        best.parent.mkdir(parents=True)
        shutil.copy(trained / "checkpoints/best.ckpt", best)
        os.utime(best, (1e9 - age, 1e9 - age))
    assert read_pretrained(str(tmp_path)).path == tmp_path / "new/checkpoints/best.ckpt"


@pytest.mark.parametrize("wrap", [lambda weights: weights, lambda weights: {"state_dict": weights, "epoch": 3}])
def test_a_file_holds_a_state_dict_as_it_is_or_inside(tmp_path, wrap):
    torch.save(wrap(WEIGHTS), tmp_path / "weights.pt")
    found = read_pretrained(str(tmp_path / "weights.pt"))
    assert torch.equal(found.weights["head.weight"], WEIGHTS["head.weight"])
    assert found.class_names is None


def test_safetensors_are_read(tmp_path):
    save_file(WEIGHTS, tmp_path / "weights.safetensors")
    assert list(read_pretrained(str(tmp_path / "weights.safetensors")).weights) == ["head.weight"]


class Evil:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@pytest.mark.parametrize("save", [torch.save, lambda value, path: path.write_bytes(pickle.dumps(value))])
def test_nothing_in_a_file_is_run(tmp_path, save):
    save({"head.weight": Evil(tmp_path / "mark")}, tmp_path / "weights.pt")
    with pytest.raises(InputError, match=r"weights.pt is no checkpoint and no state dict as torch"):
        read_pretrained(str(tmp_path / "weights.pt"))
    assert not (tmp_path / "mark").exists()


def test_what_is_not_there_is_named_with_the_closest(tmp_path):
    (tmp_path / "resnet.pt").touch()
    with pytest.raises(InputError, match=r"no file and no folder .*resent.pt; did you mean 'resnet.pt'\?"):
        read_pretrained(str(tmp_path / "resent.pt"))
    with pytest.raises(InputError, match=r"no run in .* has a checkpoints/best.ckpt; train one first"):
        read_pretrained(str(tmp_path))


@pytest.mark.parametrize(
    ("value", "line"), [([1], "holds a list; allowed: a state dict"), ({"a": 1}, "holds no tensors")]
)
def test_a_file_without_weights_is_refused(tmp_path, value, line):
    torch.save(value, tmp_path / "weights.pt")
    with pytest.raises(InputError, match=line):
        read_pretrained(str(tmp_path / "weights.pt"))
