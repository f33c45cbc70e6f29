"""Test and measure on a GPU, in at most 8 minutes: Epochwise beside what it did before and a loop written by hand.

    python benchmarks/gpu.py                         # the tests marked gpu, then all works; needs a GPU
    python benchmarks/gpu.py cnn --without-tests     # some of: cnn, resnet50
    python benchmarks/gpu.py --device cpu --tiny     # to see that it runs; its figures say nothing

Each way trains in a process of its own, an epoch when it is its turn; the first epoch of each is left out. Printed are
samples a second of the steps of an epoch, with the least and the most, and ratios, the medians of those within a turn.
``outputs/gpu/gpu.json`` has the card, the versions, what the tests said and every number. Without a GPU it says so, and
ends with code 2: whoever waits for figures has none.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import Any

import torch
from gpu_work import TINY, WORKS, Work, write_setting
from speed_turns import Way, take_turns

PROJECT = Path(__file__).parents[1]
NAMES = {
    "before": "Epochwise as it was: each batch sent, no graphs",
    "epochwise": "Epochwise",
    "loop": "loop by hand",
}
TEST_SECONDS = 150


def machine(device: str) -> dict[str, Any]:
    """The card and the versions that a figure is of."""
    found: dict[str, Any] = {name: version(name) for name in ("torch", "torchvision", "lightning")}
    found |= {"python": platform.python_version(), "device": device}
    if device == "cuda":
        cudnn: Any = torch.backends.cudnn
        found |= {"card": torch.cuda.get_device_name(), "cuda": torch.version.cuda, "cudnn": cudnn.version()}
        found["capability"] = list(torch.cuda.get_device_capability())
    return found


def tested() -> dict[str, Any]:
    """What the tests marked gpu say: the last line of pytest, and whether all passed."""
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "tests/device", "-q", "-p", "no:cacheprovider"]
    try:
        env = os.environ | {"PYTHONPATH": str(PROJECT / "src")}
        done = subprocess.run(
            command, cwd=PROJECT, env=env, capture_output=True, text=True, timeout=TEST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {"passed": False, "said": f"not over within {TEST_SECONDS} s"}
    lines = done.stdout.strip().splitlines() or [""]
    if done.returncode:
        print("\n".join(lines[-40:]))
    return {"passed": done.returncode == 0, "said": lines[-1]}


def turns(name: str, work: Work, repeats: int, device: str, tiny: bool) -> dict[str, list[dict[str, float]]]:
    """Train one work all ways, an epoch each in turn. Returns way -> what each epoch took, the first left out."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write_setting(folder, device, tiny)
        work.make(folder)
        threads = 1 if device == "cpu" else os.cpu_count() or 1
        ways = {way: Way("gpu_ways.py", sys.executable, way, name, folder, threads) for way in NAMES}
        limit = Timer(work.seconds, lambda: [one.process.kill() for one in ways.values()])
        limit.start()
        running = {}
        for way, one in ways.items():
            if one.answer() is None:
                print(f"  {NAMES[way]}: ended: {one.fault}", flush=True)
            else:
                running[way] = one
        take_turns(running, repeats, NAMES)
        limit.cancel()
        return {way: one.epochs[1:] for way, one in ways.items() if len(one.epochs) > 1}


def judged(work: Work, taken: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    """Samples a second of each way, of its steps and of whole epochs, and Epochwise's ratio to each of the others."""
    found: dict[str, Any] = {"samples": work.number, "batch": work.batch, "ways": taken}
    found["samples_a_second"] = {way: [work.number / one["steps"] for one in epochs] for way, epochs in taken.items()}
    found["of_whole_epochs"] = {way: [work.number / one["wall"] for one in epochs] for way, epochs in taken.items()}
    ours = found["samples_a_second"].get("epochwise", [])
    found["ratios"] = {
        way: statistics.median(one / other for one, other in zip(ours, theirs, strict=False))
        for way, theirs in found["samples_a_second"].items()
        if way != "epochwise" and ours
    }
    return found


def rows(work: Work, found: dict[str, Any]) -> list[str]:
    """The table of one work, in Markdown."""
    lines = [f"| {work.about} | samples a second | Epochwise over it |", "|---|---|---|"]
    for way, values in found["samples_a_second"].items():
        ratio = f"{found['ratios'][way]:.2f}" if way in found["ratios"] else ""
        lines.append(
            f"| {NAMES[way]} | {statistics.median(values):,.0f} ({min(values):,.0f} to {max(values):,.0f}) | {ratio} |"
        )
    return lines


def main() -> None:
    """Test and measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("works", nargs="*", help=f"of {', '.join(WORKS)}; all where none is named")
    parser.add_argument("--repeats", type=int, default=5, help="epochs that count, of each way")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="works of a few pictures")
    parser.add_argument("--without-tests", action="store_true")
    parser.add_argument("--out", type=Path, default=PROJECT / "outputs/gpu/gpu.json")
    asked = parser.parse_args()
    works = TINY if asked.tiny else WORKS
    if unknown := [name for name in asked.works if name not in works]:
        parser.error(f"no work {unknown[0]!r}; allowed: {', '.join(works)}")
    if asked.device == "cuda" and not torch.cuda.is_available():
        print("no GPU here: not run")
        raise SystemExit(2)
    began, found = perf_counter(), {"machine": machine(asked.device), "tiny": asked.tiny, "works": {}}
    print(", ".join(f"{name} {value}" for name, value in found["machine"].items()), flush=True)
    if not asked.without_tests:
        found["tests"] = tested()
        print(f"tests: {found['tests']['said']}", flush=True)
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    complete = True
    for name in asked.works or works:
        taken = turns(name, works[name], asked.repeats, asked.device, asked.tiny)
        complete &= taken.keys() == NAMES.keys()
        found["works"][name] = judged(works[name], taken)
        print("\n".join(["", *rows(works[name], found["works"][name]), ""]), flush=True)
        found["seconds"] = perf_counter() - began
        asked.out.write_text(json.dumps(found, indent=1))
    print(f"{asked.out}, after {found['seconds']:.0f} s")
    if not complete or not found.get("tests", {"passed": True})["passed"]:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
