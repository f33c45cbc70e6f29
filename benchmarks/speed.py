"""Measure what an epoch takes: Epochwise with its defaults, beside loops by hand, Trainers and other libraries.

    python benchmarks/speed.py                       # all of it: hours
    python benchmarks/speed.py mlp cnn               # some of: mlp, cnn, resnet, table, jpegs, frozen,
    python benchmarks/speed.py startup checkpoints growth epochs               # and these
    python benchmarks/speed.py mlp --rivals FOLDER   # with fastai, skorch and Keras, in an environment made there
    python benchmarks/speed.py mlp --repeats 3

Each way trains in a process of its own, an epoch when it is its turn; the first epoch of each is left out. Printed is
a table of medians with the least and the most, in CPU seconds of the process and in wall seconds of an epoch, and the
ratio to the loop by hand: the median of the ratios within a turn. ``speed.svg`` is drawn of the ratios, ``speed.json``
keeps every number; both go to outputs/speed. Progress bars write to no terminal here, which makes them cheaper.
"""

import argparse
import json
import statistics
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from speed_rest import REST
from speed_rivals import rivals_python
from speed_turns import Way, take_turns
from speed_work import RIVALS, WORKS, Work

OUT = Path(__file__).parents[1] / "outputs/speed"
NAMES = {
    "epochwise": "Epochwise, its defaults",
    "loop": "loop by hand on tensors",
    "loop fused": "the same, AdamW(fused=True)",
    "loader": "loop by hand, DataLoader",
    "bare": "bare Trainer",
    "watched": "Trainer, TensorBoard, checkpoints, early stopping, LR monitor",
    "template": "template pattern: PIL, a metric object a score and split, Rich bar",
    "cached": "Epochwise, data.cache=disk",
    "image folder": "loop by hand, ImageFolder, PIL, two workers",
}


def turns(name: str, work: Work, repeats: int, python: str | None) -> dict[str, list[dict[str, float]]]:
    """Train one work all ways, an epoch each in turn. Returns way -> what each epoch took, the first left out."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        work.make(folder)
        running: dict[str, Way] = {}
        for way in work.ways:
            is_rival = way in RIVALS
            if is_rival and python is None:
                print(f"  {way}: skipped, --rivals FOLDER makes an environment for it", flush=True)
                continue
            script = "speed_rivals.py" if is_rival else "speed_ways.py"
            one = Way(script, python if is_rival and python else sys.executable, way, name, folder, work.threads)
            if one.answer() is None:
                print(f"  {way}: skipped: {one.fault}", flush=True)
                continue
            running[way] = one
        take_turns(running, repeats, {})
        return {way: one.epochs[1:] for way, one in running.items()}


def ratios(taken: dict[str, list[dict[str, float]]], unit: str) -> dict[str, float]:
    """Of each way to the loop by hand, or to the last one: the median over turns."""
    to = taken["loop" if "loop" in taken else list(taken)[-1]]
    return {
        way: statistics.median(one[unit] / other[unit] for one, other in zip(epochs, to, strict=True))
        for way, epochs in taken.items()
    }


def rows(work: Work, taken: dict[str, list[dict[str, float]]]) -> list[str]:
    """The table of one work, in Markdown."""
    of = {unit: ratios(taken, unit) for unit in ("cpu", "wall")}
    lines = [
        f"| {work.about} | CPU seconds an epoch | ratio | wall seconds | ratio | MiB at most |",
        "|---|---|---|---|---|---|",
    ]
    for way, epochs in taken.items():
        cells = [NAMES.get(way, way)]
        for unit in ("cpu", "wall"):
            values = [epoch[unit] for epoch in epochs]
            cells += [
                f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})",
                f"{of[unit][way]:.2f}",
            ]
        lines.append(f"| {' | '.join(cells)} | {epochs[-1]['mib']:,.0f} |")
    return lines


def draw(found: dict[str, dict[str, Any]], path: Path) -> None:
    """Bars of the ratios in CPU seconds, a panel for each work."""
    from matplotlib.figure import Figure

    works = [name for name in found if name in WORKS]
    figure = Figure(
        figsize=(9, 0.6 + sum(0.5 + 0.26 * len(found[name]["cpu"]) for name in works)), layout="constrained"
    )
    heights = [0.5 + 0.26 * len(found[name]["cpu"]) for name in works]
    panels = figure.subplots(len(works), 1, squeeze=False, gridspec_kw={"height_ratios": heights})[:, 0]
    for name, axes in zip(works, panels, strict=True):
        values = dict(sorted(found[name]["cpu"].items(), key=lambda item: item[1]))
        colours = ["#1f77b4" if way in ("epochwise", "cached") else "#b8b8b8" for way in values]
        bars = axes.barh([NAMES.get(way, way) for way in values], list(values.values()), color=colours)
        axes.bar_label(bars, fmt="%.2f", padding=3, fontsize=8)
        axes.invert_yaxis()
        axes.set_title(WORKS[name].about, fontsize=9, loc="left")
        axes.tick_params(labelsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.12)
    panels[-1].set_xlabel("CPU seconds an epoch, as a multiple of the loop by hand", fontsize=8)
    figure.savefig(path)


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join([*WORKS, *REST])}; all where none is named")
    parser.add_argument("--repeats", type=int, default=5, help="epochs that count, of each way")
    parser.add_argument("--rivals", type=Path, help="folder of an environment with fastai, skorch and Keras")
    asked = parser.parse_args()
    parts = asked.parts or [*WORKS, *REST]
    if unknown := [part for part in parts if part not in (*WORKS, *REST)]:
        parser.error(f"no part {unknown[0]!r}; allowed: {', '.join([*WORKS, *REST])}")
    OUT.mkdir(parents=True, exist_ok=True)
    python = rivals_python(asked.rivals)
    print(", ".join(f"{name} {version(name)}" for name in ("torch", "lightning")), flush=True)
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        if part in REST:
            REST[part](asked.repeats)
            continue
        taken = turns(part, WORKS[part], asked.repeats, python)
        if taken:
            print("\n".join(["", *rows(WORKS[part], taken), ""]), flush=True)
            found[part] = {"epochs": taken, **{unit: ratios(taken, unit) for unit in ("cpu", "wall")}}
            (OUT / "speed.json").write_text(json.dumps(found, indent=1))
            draw(found, OUT / "speed.svg")


if __name__ == "__main__":
    main()
