import os
import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from epochwise.run.checkpoints import read_checkpoint
from epochwise.run.write_checkpoint import WholeCheckpointIO

GOOD = {"state_dict": {"w": torch.arange(6.0)}, "epoch": 3, "callbacks": {"a": [1, None, "x"]}}


class Payload:
    """What would write a file if it were unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (Path(self.path),)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "last.ckpt"


def reason(path):
    with pytest.raises(ValueError, match=r"^(cannot be read|is not a run's)") as caught:
        read_checkpoint(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def rewrite(path, change, **how):
    """Write the parts of a checkpoint anew as a zip file of another kind."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    with zipfile.ZipFile(path, "w", **how) as file:
        for name, content in parts.items():
            file.writestr(name, change(name, content))


def test_tensors_and_plain_values_are_read(path):
    torch.save(GOOD, path)
    read = read_checkpoint(path)
    assert torch.equal(read["state_dict"]["w"], torch.arange(6.0))
    assert (read["epoch"], read["callbacks"]) == (3, GOOD["callbacks"])


@pytest.mark.parametrize("force", [None, "1"])
@pytest.mark.parametrize("zipped", [True, False])
def test_a_pickle_that_would_write_a_file_is_refused_and_writes_none(path, monkeypatch, force, zipped):
    if force:
        monkeypatch.setenv("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", force)
    hacked = path.with_name("hacked")
    torch.save(GOOD | {"x": Payload(hacked)}, path, _use_new_zipfile_serialization=zipped)
    assert reason(path)
    with pytest.raises(pickle.UnpicklingError):
        WholeCheckpointIO(path.parent).load_checkpoint(path)
    assert not hacked.exists()
    torch.load(path, weights_only=False)  # it would have
    assert hacked.exists()


def test_a_bare_pickle_is_refused_and_not_run(path):
    path.write_bytes(pickle.dumps(Payload(path.with_name("hacked"))))
    assert "not a zip file" in reason(path)
    assert not path.with_name("hacked").exists()


def test_compressed_parts_are_refused_before_they_are_unpacked(path):
    torch.save(GOOD, path)
    bomb = b"\0" * 10_000_000
    rewrite(path, lambda name, content: bomb if "data/" in name else content, compression=zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000
    assert "its parts are compressed, which no run writes" in reason(path)


def test_parts_that_share_their_bytes_are_refused(path):
    torch.save(GOOD, path)
    with zipfile.ZipFile(path, "a") as file:
        file.writestr("kernel", b"\0" * 1_000_000)
        whole = file.getinfo("kernel")
        for number in range(1000):
            copy = zipfile.ZipInfo(f"copy{number}")
            copy.header_offset, copy.file_size, copy.compress_size = whole.header_offset, 1_000_000, 1_000_000
            copy.CRC = whole.CRC
            file.filelist.append(copy)
    assert "its parts overlap" in reason(path)


def test_a_bit_that_has_turned_is_found(path):
    torch.save(GOOD, path)
    content = bytearray(path.read_bytes())
    place = content.index(torch.arange(6.0).numpy().tobytes())
    content[place + 5] ^= 1
    path.write_bytes(content)
    assert "differs from its checksum" in reason(path)


def test_values_that_unfold_without_end_are_refused(path):
    value = [1]
    for _ in range(60):
        value = [value] * 9
    torch.save(GOOD | {"x": value}, path)
    assert reason(path) == "cannot be read: damaged, or made to unfold without end"


@pytest.mark.parametrize(
    "tensor",
    [
        torch.zeros(1).expand(10**7, 10**5),
        torch.zeros(2, device="meta"),
        torch.sparse_coo_tensor(torch.tensor([[0]]), torch.ones(1), (10**12,), check_invariants=True),
    ],
    ids=["repeated", "meta", "sparse"],
)
def test_a_tensor_that_says_it_is_larger_than_its_file_is_refused(path, tensor):
    torch.save(GOOD | {"x": tensor}, path)
    assert path.stat().st_size < 10_000
    assert "a tensor is larger than the file" in reason(path)


def test_a_value_that_holds_itself_is_refused(path):
    value = []
    value.append(value)
    torch.save(GOOD | {"x": value}, path)
    assert reason(path).endswith("unfold without end")


@pytest.mark.parametrize(
    "other",
    [
        torch.zeros(3), [], {}, {"state_dict": {}, "epoch": "3"}, {"epoch": 3}, {"state_dict": [], "epoch": 3},
        {"state_dict": {"w": 1}, "epoch": 3}, {"state_dict": {1: torch.zeros(1)}, "epoch": 3},
    ],
)  # fmt: skip
def test_a_checkpoint_of_something_else_is_refused(path, other):
    torch.save(other, path)
    assert reason(path) == "is not a run's: it has no 'state_dict' of tensors and 'epoch'"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, lambda path: os.symlink("nowhere", path), lambda path: None])
def test_what_is_no_file_is_refused_without_waiting_for_it(path, make):
    make(path)
    assert "no file" in reason(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_refused(path, share):
    torch.save(GOOD, path)
    os.truncate(path, int(share * path.stat().st_size))
    assert reason(path)
