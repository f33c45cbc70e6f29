"""Processes that take turns: each trains an epoch when it is asked to, and says what that took."""

import json
import os
import resource
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

HERE = Path(__file__).parent


class Turns:
    """In a process that trains: what an epoch took, said before the next one; what else is printed goes nowhere."""

    def __init__(self) -> None:
        self.out = os.fdopen(os.dup(1), "w")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        self.began: tuple[float, float] | None = None
        self.more: dict[str, float] = {}  # to be said besides, of the epoch that ends

    def __call__(self) -> None:
        """Stand between two epochs, until a line on standard input asks for one more, or its end for none."""
        took: dict[str, float] = {}
        if self.began is not None:
            took = {"cpu": process_time() - self.began[0], "wall": perf_counter() - self.began[1]}
        took["mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        took |= self.more
        print(json.dumps(took), file=self.out, flush=True)
        if not sys.stdin.readline():
            os._exit(0)
        self.began = process_time(), perf_counter()


class Way:
    """One way to train one work, in a process of its own.

    Args:
        script: ``speed_ways.py`` or ``speed_rivals.py``.
        python: that runs it.
        way: its name.
        work: the name of the work.
        folder: with the data.
        threads: of the process.
    """

    def __init__(self, script: str, python: str, way: str, work: str, folder: Path, threads: int) -> None:
        paths = os.pathsep.join([str(HERE), str(HERE.parent / "src")])
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONPATH": paths, "KERAS_BACKEND": "torch"}
        self.words = folder / f"{way.replace(' ', '_')}.txt"
        with self.words.open("w") as said:
            self.process: Any = subprocess.Popen(
                [python, str(HERE / script), way, work, str(folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=environment, cwd=folder,
            )  # fmt: skip
        self.epochs: list[dict[str, float]] = []

    def answer(self) -> dict[str, float] | None:
        """What it says before its next epoch; ``None`` where it has ended, with the reason in ``fault``."""
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def epoch(self) -> bool:
        """Let it train one, and keep what that took. Returns whether it did."""
        try:
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        except BrokenPipeError:  # it has ended in between
            return False
        took = self.answer()
        if took is None:
            return False
        self.epochs.append(took)
        return True

    @property
    def fault(self) -> str:
        """The last line that it wrote to standard error."""
        return (self.words.read_text().strip().splitlines() or ["it said nothing"])[-1][:150]

    def end(self) -> None:
        """Ask for no more."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait()


def take_turns(ways: dict[str, Way], repeats: int, names: Mapping[str, str]) -> None:
    """Let each train so many epochs and one, an epoch in turn, every other time in reverse; one that ends is left out.

    Args:
        ways: by name; those that have ended are taken away.
        repeats: epochs that count, behind the first.
        names: of ways, for people.
    """
    for repeat in range(repeats + 1):
        order = list(ways)
        for way in order if repeat % 2 else order[::-1]:
            if not ways[way].epoch():
                print(f"  {names.get(way, way)}: ended: {ways[way].fault}", flush=True)
                ways.pop(way)
    for one in ways.values():
        one.end()
