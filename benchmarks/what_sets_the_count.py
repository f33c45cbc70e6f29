"""Train the experiments of docs/epochs.md, draw its pictures and write its tables.

    python benchmarks/what_sets_the_count.py [EXPERIMENT ...]

Every experiment runs as one would type it, with the seeds 0, 1 and 2; about half an hour on one core for all of them.
Pictures go to docs/pictures, tables to docs/epochs.md. It ends with 1 where a run of known truth is judged otherwise.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import yaml
from matplotlib import pyplot as plt

from epochwise.command_line.composer import ENGINE_CONF
from epochwise.epochs.curve import column_of
from epochwise.report.read_runs import ReportRun, read_runs

PROJECT = Path(__file__).parents[1]
PAGE, PICTURES = PROJECT / "docs" / "epochs.md", PROJECT / "docs" / "pictures"
#: experiment -> the verdict that is right.
TRUTHS = {"underfit": "underfitting", "good_fit": "good_fit", "overfit": "overfitting"}
FACTORS = {
    "model_size": "hidden units",
    "model_kind": "network",
    "amount_of_data": "training samples",
    "label_noise": "labels drawn anew",
    "learning_rate": "learning rate",
    "batch_size": "batch size",
    "dropout": "dropout",
    "weight_decay": "weight decay",
    "augmentation": "augmentation",
}


def train(experiment: str, folder: Path) -> list[ReportRun]:
    """Run an experiment, a job for each value and seed, and read what it left."""
    seeds = [] if experiment in FACTORS else ["seed=0,1,2"]
    quiet = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "report=false"]
    words = ["train.py", "-m", f"experiment={experiment}", *seeds, *quiet, f"hydra.sweep.dir={folder}"]
    done = subprocess.run([sys.executable, *words], cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{experiment}: {done.stderr}")
    return read_runs([folder])


def value_of(run: ReportRun, key: str) -> str:
    """The value of a swept key, as one would say it."""
    found: Any = run.settings
    for part in key.split("."):
        found = found[part]
    if isinstance(found, dict):
        return str(found["_target_"]).rpartition(".")[2]
    return "none" if found is None else " x ".join(map(str, found)) if isinstance(found, list) else f"{found:g}"


def by_value(experiment: str, runs: list[ReportRun]) -> dict[str, list[ReportRun]]:
    """The runs of each value of the swept key, by seed; all of them where nothing but the seed was swept."""
    file = ENGINE_CONF / "experiment" / f"{experiment}.yaml"
    params = yaml.safe_load(file.read_text()).get("hydra", {}).get("sweeper", {}).get("params", {})
    keys = [key for key in params if key != "seed"]
    groups: dict[str, list[ReportRun]] = {}
    for run in runs:
        groups.setdefault(value_of(run, keys[0]) if keys else experiment, []).append(run)
    return groups


def table(head: str, groups: dict[str, list[ReportRun]]) -> str:
    """A row a value; each number is that of the seeds in their order, or their mean."""
    rows = [
        f"| {head} | epochs needed (seeds 0, 1, 2) | steps | best val/loss | test accuracy | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for value, runs in groups.items():
        results = [run.result for run in runs]
        needed = [int(result["recommended_epochs"]["low"]) for result in results]
        steps = [count * int(result["plan"]["steps_per_epoch"]) for count, result in zip(needed, results, strict=True)]
        losses = [float(result["recommended_epochs"]["best_score"]) for result in results]
        accuracies = [float(result["test"]["accuracy"]) for result in results]
        verdicts = ", ".join(dict.fromkeys(result["verdict"]["label"].replace("_", " ") for result in results))
        each = ", ".join(map(str, needed))
        rows.append(
            f"| {value} | **{np.mean(needed):.0f}** ({each}) | {np.mean(steps):,.0f} | {_spread(losses)} | "
            f"{_spread(accuracies)} | {verdicts} |"
        )
    return "\n".join(rows)


def _spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values, ddof=1):.3f}"


def draw(panels: dict[str, dict[str, list[ReportRun]]], file: Path) -> None:
    """A panel each: every seed, a colour a value, a dot at the fewest epochs within the noise of the best."""
    mpl.use("Agg")
    figure, axes = plt.subplots(1, len(panels), figsize=(6.4 if len(panels) == 1 else 9.6, 3.2), squeeze=False)
    for axis, (title, groups) in zip(axes[0], panels.items(), strict=True):
        for colour, (value, runs) in enumerate(groups.items()):
            for seed, run in enumerate(runs):
                val, train = (column_of(run.rows, f"{split}/loss") for split in ("val", "train_eval"))
                style: Any = {"color": f"C{colour}", "linewidth": 1}
                axis.plot(np.arange(1, len(val) + 1), val, label=None if seed else value, **style)
                if len(panels) > 1:
                    axis.plot(np.arange(1, len(val) + 1), train, linestyle=":", **style)
                low = int(run.result["recommended_epochs"]["low"])
                axis.plot(low, val[low - 1], "o", color=f"C{colour}", markersize=5)
        axis.set(xlabel="epochs trained", ylabel="loss" if len(panels) > 1 else "val/loss", title=title)
        lowest = min(float(run.result["best_score"]) for runs in groups.values() for run in runs)
        if len(panels) > 1:
            axis.set_ylim(0, min(axis.get_ylim()[1], 3 * lowest))  # the first epochs would hide the turn
        else:
            axis.set_yscale("log")
            axis.legend(frameon=False)
        axis.grid(alpha=0.3, which="both")
    figure.tight_layout()
    PICTURES.mkdir(exist_ok=True)
    figure.savefig(file, dpi=100, metadata={"Software": None})
    plt.close(figure)


def write(name: str, text: str) -> None:
    """Print a table, and put it in its place on the page."""
    print(f"{name}\n{text}\n", flush=True)
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    PAGE.write_text(place.sub(lambda found: f"{found[1]}{text}\n{found[2]}", PAGE.read_text()))


def main() -> int:
    """Write pictures and tables; return the exit code."""
    chosen, right = sys.argv[1:] or ["fit", *FACTORS], True
    with tempfile.TemporaryDirectory() as folder:
        for name in chosen:
            if name == "fit":
                groups = {each: by_value(each, train(each, Path(folder) / each))[each] for each in TRUTHS}
                draw({each.replace("_", " "): {each: runs} for each, runs in groups.items()}, PICTURES / "fit.png")
                labels = {each: [run.result["verdict"]["label"] for run in runs] for each, runs in groups.items()}
                right = all(set(found) == {TRUTHS[each]} for each, found in labels.items())
                text = table("experiment", groups)
            else:
                groups = by_value(name, train(name, Path(folder) / name))
                draw({FACTORS[name]: groups}, PICTURES / f"{name}.png")
                text = table(FACTORS[name], groups)
            write(name, text)
    return int(not right)


if __name__ == "__main__":
    sys.exit(main())
