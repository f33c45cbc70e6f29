"""Time five short folds of one command, beside an earlier version of this repository.

    python benchmarks/folds.py [REVISION [REPEATS]]

A cross-validation of breast cancer (5 folds of 3 epochs, everything of the defaults on) runs as a whole, from the
command to its end: as REVISION has it (a commit, whose files are unpacked beside), as it is, and with ``isolate=true``,
in turn. Printed are the wall-clock seconds, and those of a processor over all processes, median and spread over
repeats, with the ratio to REVISION, turn by turn; the bar is 0.6 of its wall-clock seconds. Both ways of now have to
find the same curve, to the bit.
"""

import json
import os
import resource
import subprocess
import sys
import tarfile
from io import BytesIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

PROJECT = Path(__file__).parents[1]
BEFORE = "8b52c78"  # the last commit before speed was worked on
WORDS = ["folds=5", "trainer.max_epochs=3", "data=table", "hydra.sweep.dir=here"]
BAR = 0.6


def seconds(project: Path, *words: str) -> tuple[float, float, list[float]]:
    """Wall-clock and processor seconds of a cross-validation, and the mean curve that it found."""
    with TemporaryDirectory() as folder:
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(project / "src")}
        used = [sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])]
        start = perf_counter()
        command = [sys.executable, str(project / "crossval.py"), *WORDS, *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=False)
        wall = perf_counter() - start
        used.append(sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]))
        if done.returncode:
            raise SystemExit(f"{project}: exit code {done.returncode}\n{done.stderr.decode()}")
        curve = json.loads((Path(folder) / "here/crossval.json").read_text())["curve"]["mean"]
        return wall, used[1] - used[0], curve


def main() -> None:
    """Print the table."""
    revision, repeats = [*sys.argv[1:], *(BEFORE, "3")[len(sys.argv) - 1 :]]
    with TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", revision], cwd=PROJECT, capture_output=True, check=True).stdout
        with tarfile.open(fileobj=BytesIO(archive)) as files:
            files.extractall(folder, filter="data")
        ways = {revision: (Path(folder),), "now": (PROJECT,), "isolate=true": (PROJECT, "isolate=true")}
        runs: dict[str, list[tuple[float, float, list[float]]]] = {name: [] for name in ways}
        for _ in range(int(repeats)):
            for name, way in ways.items():
                runs[name].append(seconds(*way))
    load = f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    print(f"five folds of 3 epochs, median of {repeats} (fastest to slowest), one thread; {load}")
    for name, found in runs.items():
        for index, unit in enumerate(("wall-clock s", "processor s")):
            values = [run[index] for run in found]
            ratios = [run[index] / before[index] for run, before in zip(found, runs[revision], strict=True)]
            told = f"{median(values):6.1f} ({min(values):.1f} to {max(values):.1f})"
            print(f"    {name:14} {unit:13} {told:24} {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")
    print(f"    the bar is {BAR} of the wall-clock seconds")
    if any(run[2] != runs["now"][0][2] for found in (runs["now"], runs["isolate=true"]) for run in found):
        print("    the ways of now do not find the same curve")


if __name__ == "__main__":
    main()
