"""A checkpoint of which each process writes its part is whole or absent, and gone on from as one plain file is."""

import os
import shutil
import signal
import subprocess
import sys
from functools import cache
from pathlib import Path
from time import sleep

import pytest
import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

from epochwise.device.sharded_checkpoint import KEY, remove_unnamed_shards, write_shards
from epochwise.input_error import InputError
from epochwise.run.checkpoints import BeforeCooldown, read_checkpoint
from epochwise.run.resume_point import resume_point

PROJECT = Path(__file__).parents[2]
SETTINGS = ("data.max_train_samples=300", "report=false", "~callbacks.progress_bar", "trainer.accelerator=cpu")
NETWORK = ("model.hidden_sizes=[32]", "model.dropout=0", "scheduler=none")
SPREAD = ("trainer=fsdp", "trainer.strategy.sharded_checkpoints=true")
AVERAGED = ("+callbacks=ema", "callbacks.ema.decay=0.9")


@pytest.fixture
def mesh():
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield init_device_mesh("cpu", (1,))
    dist.destroy_process_group()


def whole_checkpoint(step):
    weights = {"network.weight": torch.arange(12.0).reshape(4, 3) + step, "network.bias": torch.ones(4).bfloat16()}
    moments = {0: {"step": torch.tensor(float(step)), "exp_avg": torch.rand(4, 3)}}
    states = [{"state": moments, "param_groups": [{"lr": 0.1, "betas": (0.9, 0.99), "params": [0, 1]}]}]
    return {"state_dict": weights, "epoch": 1, "global_step": step, "optimizer_states": states}


def save(checkpoint, mesh, path):
    """Spread over the one rank that there is."""
    weights = {name: distribute_tensor(one, mesh, [Shard(0)]) for name, one in checkpoint["state_dict"].items()}
    (state,) = checkpoint["optimizer_states"]
    moments = {0: state["state"][0] | {"exp_avg": distribute_tensor(state["state"][0]["exp_avg"], mesh, [Shard(0)])}}
    spread = {**checkpoint, "state_dict": weights, "optimizer_states": [{**state, "state": moments}]}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.save(write_shards(spread, path), path)


@pytest.fixture
def saved(mesh, tmp_path):
    """A run folder with a last checkpoint whose tensors are in shards, and what is in it."""
    checkpoint = whole_checkpoint(7)
    save(checkpoint, mesh, tmp_path / "checkpoints/last.ckpt")
    return tmp_path, checkpoint


def shards(folder):
    return sorted(path.name for path in folder.glob("*.shards"))


def test_it_is_read_as_one_that_is_whole(saved):
    folder, checkpoint = saved
    small = torch.load(folder / "checkpoints/last.ckpt", weights_only=True)
    assert {weight.numel() for weight in small["state_dict"].values()} == {0}
    torch.testing.assert_close(read_checkpoint(folder / "checkpoints/last.ckpt"), checkpoint, rtol=0, atol=0)


def test_its_shapes_are_known_without_its_numbers(saved):
    folder, checkpoint = saved
    found = read_checkpoint(folder / "checkpoints/last.ckpt", whole=False)["state_dict"]
    kept = checkpoint["state_dict"]
    assert all(
        one.is_meta and (one.shape, one.dtype) == (kept[name].shape, kept[name].dtype) for name, one in found.items()
    )


def cut(file):
    os.truncate(file, file.stat().st_size - 1)


def turn(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


def add(file):
    shutil.copy(file, file.with_name("shard-00002-model-00001-of-00001.safetensors"))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (Path.unlink, "is missing"),
        (lambda file: shutil.rmtree(file.parent), "its shards are missing"),
        (cut, "cut short"),
        (turn, "differs from its checksum"),
        (add, "none of its shards"),
    ],
    ids=["no file", "no folder", "cut", "turned", "one more"],
)
def test_shards_that_are_not_as_they_were_written_are_refused_in_a_line(saved, damage, said):
    folder, _ = saved
    (file,) = folder.glob("checkpoints/*/*.safetensors")
    damage(file)
    with pytest.raises(InputError, match=said) as refused:
        resume_point(folder)
    assert len(refused.value.lines) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"folder": "../elsewhere.shards"},
        {"files": {"../last.ckpt": [1, 1]}},
        {"tensors": {"state_dict/network.weight": [10**9, 10**9]}},
        {"tensors": {"state_dict/network.weight": [5, 3]}},
    ],
    ids=str,
)
def test_what_a_strangers_says_of_its_shards_is_refused_where_no_run_writes_it(saved, change):
    path = saved[0] / "checkpoints/last.ckpt"
    small = torch.load(path, weights_only=True)
    small[KEY] |= change
    torch.save(small, path)
    with pytest.raises(ValueError, match="cannot be read"):
        read_checkpoint(path)


def test_shards_are_kept_as_long_as_a_checkpoint_names_them(saved, mesh):
    folder = saved[0] / "checkpoints"
    first = shards(folder)
    shutil.move(folder / "last.ckpt", folder / "previous.ckpt")
    save(whole_checkpoint(9), mesh, folder / "last.ckpt")
    remove_unnamed_shards(folder)
    both = shards(folder)
    assert len(both) == 2
    shutil.move(folder / "last.ckpt", folder / "previous.ckpt")
    save(whole_checkpoint(11), mesh, folder / "last.ckpt")
    remove_unnamed_shards(folder)
    assert len(shards(folder)) == 2
    assert not set(first) & set(shards(folder))


def test_what_is_kept_of_before_a_cooldown_has_its_shards(saved, mesh):
    folder, checkpoint = saved
    kept = BeforeCooldown(folder)
    kept.keep(7)
    (folder / "checkpoints/last.ckpt").unlink()
    save(whole_checkpoint(9), mesh, folder / "checkpoints/last.ckpt")
    remove_unnamed_shards(folder / "checkpoints")
    torch.testing.assert_close(read_checkpoint(kept.kept / "last.ckpt"), checkpoint, rtol=0, atol=0)
    kept.put_back()
    torch.testing.assert_close(read_checkpoint(folder / "checkpoints/last.ckpt"), checkpoint, rtol=0, atol=0)


def command(folder, *words):
    return [sys.executable, "train.py", *SETTINGS, *words, f"hydra.run.dir={folder}"]


def run(folder, *words):
    done = subprocess.run(
        command(folder, *words), cwd=PROJECT, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr


def assert_alike(folder, other, atol):
    for name in ("best.ckpt", "last.ckpt"):
        first, second = (read_checkpoint(each / "checkpoints" / name) for each in (folder, other))
        for each in (first, second):
            each["moments"] = [state["state"] for state in each["optimizer_states"]]
        for key in ("state_dict", "current_model_state", "moments"):
            assert (key in first) == (key in second)
            torch.testing.assert_close(first.get(key, {}), second.get(key, {}), rtol=0, atol=atol)


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """Whether in shards, and on how many ranks -> a run of two epochs."""

    @cache
    def begun(is_apart, num_ranks):
        folder = tmp_path_factory.mktemp("begun") / "run"
        kind = SPREAD if is_apart else SPREAD[:1]
        run(folder, *kind, f"trainer.devices={num_ranks}", "trainer.max_epochs=2", *NETWORK, *AVERAGED)
        assert bool(shards(folder / "checkpoints")) == is_apart
        return folder

    return begun


@pytest.mark.ranks
@pytest.mark.parametrize(
    ("before", "words"),
    [
        (2, (*SPREAD, "trainer.devices=1")),
        (2, (*SPREAD, "trainer.devices=4")),
        (1, (*SPREAD, "trainer.devices=2")),
        (2, ("trainer=ddp", "trainer.devices=2")),
    ],
    ids=["2 to 1", "2 to 4", "1 to 2", "2 to ddp"],
)
def test_a_run_goes_on_from_shards_as_from_one_file(begun, tmp_path, before, words):
    assert_alike(begun(True, before), begun(False, before), 0)
    for is_apart in (True, False):
        folder = tmp_path / str(is_apart)
        shutil.copytree(begun(is_apart, before), folder)
        kind = [word for word in words if is_apart or "sharded" not in word]
        run(folder, *kind, "trainer.max_epochs=3", "resume=auto", *NETWORK, *AVERAGED)
    assert_alike(tmp_path / "True", tmp_path / "False", 0)
    assert not shards(tmp_path / "False/checkpoints")


@pytest.mark.ranks
def test_a_run_that_is_killed_while_shards_are_written_ends_as_one_that_is_not(tmp_path):
    words = (
        *SPREAD,
        "trainer.devices=2",
        "trainer.max_epochs=3",
        "callbacks.last_checkpoint.every_n_steps=1",
        *NETWORK,
    )
    run(tmp_path / "whole", *words)
    folder = tmp_path / "killed"
    process = subprocess.Popen(command(folder, *words), cwd=PROJECT, start_new_session=True, stderr=subprocess.DEVNULL)
    while len(shards(folder / "checkpoints")) < 2:  # the second one appears before any shard in it is whole
        assert process.poll() is None
        sleep(0.001)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    path, damaged = resume_point(folder)
    assert path is not None
    assert not damaged
    run(folder, *words, "resume=auto")
    assert_alike(tmp_path / "whole", folder, 0)
    assert len(shards(folder / "checkpoints")) == 2
