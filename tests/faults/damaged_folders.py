"""Run folders with damage: a front door in a child, and what it has to answer."""

import os
import resource
import runpy
import shutil
import signal
import sys
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from epochwise.run.epoch_log import EpochLog

from tests.faults.runs import QUICK, end

MOST_SECONDS = 10  # of computing before the first step
MOST_MEMORY = 4 * 2**30
LONG_RUN = 99  # what a child ends with that has begun to train and would go on for long
COMMANDS = {
    "evaluate": ("evaluate", "run={run}"),
    "evaluate last": ("evaluate", "run={run}", "ckpt=last", "split=val"),
    "continue": ("train", "run={run}", "trainer.max_epochs=3"),
    "resume": ("train", "resume=auto", "hydra.run.dir={run}", *QUICK, "trainer.max_epochs=3", "model.hidden_sizes=[8]"),
}
VALUES = (None, "", "x", 0, -1, 1, 0.5, 1e308, float("nan"), float("inf"), 10**30, True, [], [[]], {}, {"a": 1},
          [1, "a"], "null", "é", "../../outside", "/outside", "~", "${run_folder}", "${run_folder}/../outside",
          "${seed}", "${oc.env:HOME}", "???", "os.system", "builtins.eval", "torch.load", "val/accuracy",
          "epochwise.model.mlp.MLP", {"_target_": "os.system", "command": "touch hacked"},
          {"_target_": "torch.nn.Module"}, {"_target_": "torch.nn.Linear", "in_features": 1, "out_features": 1},
          "file://outside", "a\nb", "\x1b[31m")  # fmt: skip


def nodes(tree, path=()):
    """The path of every value in nested dicts and lists."""
    for key in tree if isinstance(tree, dict) else range(len(tree)):
        yield (*path, key)
        if isinstance(tree[key], (dict, list, tuple)):
            yield from nodes(tree[key], (*path, key))


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
