"""Run folders as damage and strangers leave them: answered or refused in clear lines, nothing outside touched."""

import copy
import io
import os
import resource
import runpy
import shutil
import signal
import sys
import traceback
from pathlib import Path

import pytest
import torch
import yaml
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from epochwise.run.epoch_log import EpochLog

from tests.faults.runs import QUICK, end

NUM_FOLDERS = int(os.environ.get("NUM_FOLDERS", "150"))
NUM_CHECKPOINTS = int(os.environ.get("NUM_CHECKPOINTS", "80"))
FEW = 2
MOST_SECONDS = 10  # of computing before the first step
MOST_MEMORY = 4 * 2**30
LONG_RUN = 99  # what a child ends with that has begun to train and would go on for long

COMMANDS = {
    "evaluate": ("evaluate", "run={run}"),
    "evaluate last": ("evaluate", "run={run}", "ckpt=last", "split=val"),
    "continue": ("train", "run={run}", "trainer.max_epochs=3"),
    "resume": ("train", "resume=auto", "hydra.run.dir={run}", *QUICK, "trainer.max_epochs=3", "model.hidden_sizes=[8]"),
}
FILES = ("config.yaml", "result.json", "epochs.csv", ".lock", "checkpoints/best.ckpt", "checkpoints/last.ckpt",
         "checkpoints/previous.ckpt", "checkpoints", "tensorboard", "tensorboard/events", "predictions",
         "checkpoints/.last.ckpt.123", "report.html")  # fmt: skip
BYTES = (b"", b"\n", b"\0", b"null", b"{}", b"[1]", b"\xff\xfe", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
         b"\x80\x02N.", b"a: [1", b"- a", b"a: &a [*a, *a]", b"!!python/object/apply:os.system ['touch hacked']",
         b"x" * 2_000_000, b"[" * 5000, "ümlaut: 1".encode("latin1"), b"1\n" * 1000, b"99999999")  # fmt: skip
HOW = ["cut", "flip", "write", "write", "remove", "folder", "pipe", "link", "link_out", "copy", "no_rights"]
VALUES = (None, "", "x", 0, -1, 1, 0.5, 1e308, float("nan"), float("inf"), 10**30, True, [], [[]], {}, {"a": 1},
          [1, "a"], "null", "é", "../../outside", "/outside", "~", "${run_folder}", "${run_folder}/../outside",
          "${seed}", "${oc.env:HOME}", "???", "os.system", "builtins.eval", "torch.load", "val/accuracy",
          "epochwise.model.mlp.MLP", {"_target_": "os.system", "command": "touch hacked"},
          {"_target_": "torch.nn.Module"}, {"_target_": "torch.nn.Linear", "in_features": 1, "out_features": 1},
          "file://outside", "a\nb", "\x1b[31m")  # fmt: skip


TENSORS = {
    "empty": torch.zeros(0), "one": torch.tensor(5.0), "some": torch.zeros(3), "nan": torch.full((8,), float("nan")),
    "whole": torch.zeros(2, dtype=torch.int64), "repeated": torch.zeros(1).expand(10**7, 10**5),
    "meta": torch.zeros(2, device="meta"), "complex": torch.zeros(8, dtype=torch.complex64),
}  # fmt: skip


def nodes(tree, path=()):
    """The path of every value in nested dicts and lists."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield (*path, key)
        if isinstance(tree[key], (dict, list, tuple)):
            yield from nodes(tree[key], (*path, key))


@st.composite
def changed_config(draw, plain):
    """A run's config with up to three keys changed, dropped, added or renamed."""
    plain = copy.deepcopy(plain)
    for _ in range(draw(st.integers(1, 3))):
        *path, key = draw(st.sampled_from(list(nodes(plain))))
        parent = plain
        for name in path:
            parent = parent[name]
        match draw(st.sampled_from(("set", "set", "drop", "rename", "add", "move"))):
            case "set":
                parent[key] = draw(st.sampled_from(VALUES))
            case "drop":
                del parent[key]
            case "add" if isinstance(parent, dict):
                names = ("_target_", "_args_", "_partial_", "x", "hydra", "defaults", 1, "run_folder")
                parent[draw(st.sampled_from(names))] = draw(st.sampled_from(VALUES))
            case "rename" if isinstance(parent, dict):
                parent[f"{key}_"] = parent.pop(key)
            case "move":
                parent[key] = copy.deepcopy(draw(st.sampled_from(list(plain.values()))))
    return yaml.safe_dump(plain, sort_keys=False).encode()


@st.composite
def damaged(draw, whole):
    """Two steps of damage at most: a file, what is done to it, and with what."""
    steps = []
    plain = yaml.safe_load((whole / "config.yaml").read_text())
    for _ in range(draw(st.integers(1, 2))):
        if draw(st.booleans()):
            steps.append(("config.yaml", "write", draw(changed_config(plain))))
            continue
        file = draw(st.sampled_from(FILES))
        how = draw(st.sampled_from(HOW))
        what = {
            "cut": st.floats(0, 1),
            "flip": st.lists(st.floats(0, 1), min_size=1, max_size=8),
            "write": st.sampled_from(BYTES),
            "copy": st.sampled_from(FILES),
        }
        steps.append((file, how, draw(what.get(how, st.none()))))
    return steps


@st.composite
def changed_checkpoint(draw, whole):
    """A checkpoint with whole checksums of which up to two values were changed, dropped, added or renamed."""
    name = draw(st.sampled_from(("best", "last", "last")))
    checkpoint = torch.load(whole / f"checkpoints/{name}.ckpt", weights_only=True)
    paths = list(nodes(checkpoint))
    others = st.sampled_from((*VALUES, 2**63, (), {1: 2})) | st.sampled_from(sorted(TENSORS)).map(TENSORS.get)
    for _ in range(draw(st.integers(1, 2))):
        part = draw(st.sampled_from(sorted(checkpoint)))  # else nearly all were of the loops
        *path, key = draw(st.sampled_from([path for path in paths if path[0] == part] or [(part,)]))
        try:
            parent = checkpoint
            for step in path:
                parent = parent[step]
            match draw(st.sampled_from(("set", "set", "set", "drop", "rename", "add"))):
                case "set":
                    parent[key] = draw(others)
                case "drop":
                    del parent[key]
                case "rename" if isinstance(parent, dict):
                    parent[f"{key}_"] = parent.pop(key)
                case "add" if isinstance(parent, dict):
                    parent["added"] = draw(others)
        except (LookupError, TypeError):
            continue  # the change before has left no such place
    file = io.BytesIO()
    torch.save(checkpoint, file)
    steps = [(f"checkpoints/{name}.ckpt", "write", file.getvalue())]
    return steps if draw(st.booleans()) else [*steps, ("checkpoints/previous.ckpt", "remove", None)]


def damage(run, steps, outside):
    """Do to a run folder what was drawn."""
    for file, how, what in steps:
        path = run / file
        if file == "tensorboard/events":
            path = next(iter(sorted((run / "tensorboard").glob("events*"))), path)
        try:
            content = path.read_bytes() if path.is_file() else b""
            if how in ("write", "remove", "folder", "pipe", "link", "link_out", "copy"):
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
            match how:
                case "cut":
                    path.write_bytes(content[: int(what * len(content))])
                case "flip" if content:
                    broken = bytearray(content)
                    for place in what:
                        broken[min(int(place * len(broken)), len(broken) - 1)] ^= 0x41
                    path.write_bytes(broken)
                case "write":
                    path.write_bytes(what)
                case "folder":
                    path.mkdir()
                case "pipe":
                    os.mkfifo(path)
                case "link":
                    path.symlink_to("nowhere")
                case "link_out":
                    path.symlink_to(outside / "kept.txt")
                case "copy" if (run / what).is_file():
                    shutil.copy(run / what, path)
                case "no_rights":
                    path.chmod(0)
        except OSError:
            continue  # the step before has left no such file


def start(project, place, name, *words):
    """Call a front door in a child; its exit code is of the front door, or ``LONG_RUN``."""
    if child := os.fork():
        return child
    code = 1
    os.setpgid(0, 0)
    os.chdir(place)
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (until the child ends)
    sys.stderr = open(place / "stderr", "w", buffering=1, errors="backslashreplace")  # noqa: SIM115
    os.dup2(sys.stderr.fileno(), 2)
    steps = []

    def count(log, *rest, **more):
        if not steps:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGALRM, lambda *_: os._exit(LONG_RUN))
            signal.alarm(15)
        steps.append(1)
        return on_batch_end(log, *rest, **more)

    on_batch_end, EpochLog.on_train_batch_end = EpochLog.on_train_batch_end, count
    if sys.platform == "linux":
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MOST_MEMORY,) * 2)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    sys.argv = [str(project / f"{name}.py"), *words]
    try:
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, project):
    """A run of two epochs, its checkpoints, curves and predictions."""
    place = tmp_path_factory.mktemp("whole")
    settings = ("data.batch_size=256", "trainer.max_epochs=2", "model.hidden_sizes=[8]")
    assert end(start(project, place, "train", *QUICK, *settings, f"hydra.run.dir={place}/run")) == 0, said(place)
    assert end(start(project, place, "evaluate", f"run={place}/run")) == 0, said(place)
    return place / "run"


def said(place):
    return (place / "stderr").read_text()


def files_of(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def hold(project, whole, tmp_path, damages, count):
    """So many damaged folders are answered."""
    place, outside = tmp_path / "place", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept")

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,  # `start` and `end` have theirs
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    @given(damages, st.sampled_from(sorted(COMMANDS)))
    def gets_an_answer(steps, command):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(whole, place / "run")
        damage(place / "run", steps, outside)
        name, *words = COMMANDS[command]
        code = end(start(project, place, name, *(word.format(run=place / "run") for word in words)), 60)
        errors = said(place)
        assert code in (0, 2, LONG_RUN), (code, errors)
        assert "Traceback" not in errors, errors
        if code == 2:
            lines = errors.removesuffix("\n").split("\n")
            assert all(line.strip() and line.isprintable() for line in lines), errors
        assert files_of(outside) == {"kept.txt": b"kept"}
        assert {path.name for path in place.iterdir()} <= {"run", "stderr"}
        if code == 2 and command == "resume":
            # Nothing stands in the way: with the damaged files gone the folder takes a new run.
            assert not [path for path in (place / "run").glob(".*.*") if path.suffix[1:] != "123"]

    gets_an_answer()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    assert end(start(project, place, "train", *QUICK, "trainer.max_epochs=1", f"hydra.run.dir={place}/new")) == 0


@pytest.mark.long
def test_a_few_damaged_run_folders_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, damaged(whole), FEW)


@pytest.mark.faults
def test_damaged_run_folders_by_the_hundred_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, damaged(whole), NUM_FOLDERS)


def test_a_checkpoint_of_other_values_is_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, changed_checkpoint(whole), 1)


@pytest.mark.faults
def test_checkpoints_of_other_values_by_the_hundred_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, changed_checkpoint(whole), NUM_CHECKPOINTS)
