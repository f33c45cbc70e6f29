"""Hold the count that crossval.py recommends to refits for other counts.

    python benchmarks/crossval.py [DATA ...]

For each data set (digits, mnist5k, cancer): five folds are trained once, with seed 0, for 40 epochs. Then train and val
together are trained on for the recommended count, for the least within one standard error, and for 5, 10, 20, 40 and
80 epochs (each of the latter with a schedule over its own length), with five seeds each. Printed are mean and standard
deviation of the test accuracy in points, and by how much the recommended count is behind the best of the others; the
bar is 0.5 points or the standard error over seeds, whichever is larger. The best of five counts is chosen by the test
split itself, so a little of its lead is luck.
"""

import contextlib
import io
import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from composed import composed

from epochwise.commands.check_jobs import one_run
from epochwise.commands.train import train
from epochwise.report.read_runs import read_runs
from epochwise.sweep.read_jobs import outcome
from epochwise.sweep.refit import refit_overrides

DATA = {"digits": ["data=digits"], "mnist5k": ["data=mnist5k"], "cancer": ["data=table"]}
FOLDS, EPOCHS, SEEDS, OTHERS = 5, 40, range(5), (5, 10, 20, 40, 80)
QUIET = ["~callbacks.progress_bar", "~callbacks.model_summary", "~loggers.tensorboard", "report=false"]


def run(folder: Path, *overrides: str) -> dict:
    """Train once as a job of crossval.py does; its result."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        train(one_run(composed("crossval", [*QUIET, *overrides, f"run_folder={folder}"]), "crossval"))
    return json.loads((folder / "result.json").read_text())


def accuracies(folder: Path, name: str, setting: list[str], epochs: int, horizon: int) -> np.ndarray:
    """Test accuracy of refits with all seeds, in points."""
    refit = refit_overrides(composed("crossval", [*QUIET, *setting]), setting, epochs, horizon)
    scores = [run(folder / f"{name}-{seed}", *refit, f"seed={seed}")["test"]["accuracy"] for seed in SEEDS]
    return 100 * np.array(scores)


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    for data in sys.argv[1:] or DATA:
        setting = [*DATA[data], f"folds={FOLDS}", f"trainer.max_epochs={EPOCHS}"]
        with TemporaryDirectory() as place:
            folder = Path(place)
            folders = [folder / f"fold-{fold}" for fold in range(FOLDS)]
            for fold, where in enumerate(folders):
                run(where, *setting, f"data.fold={fold}")
            found = outcome(read_runs(folders), "val/loss", "min", EPOCHS)
            counts, horizon = found["all"]["epochs"], found["all"]["max_epochs"]
            best = accuracies(folder, "best", setting, counts["value"], horizon)
            least = accuracies(folder, "least", setting, counts["low"], horizon)
            others = {epochs: accuracies(folder, f"{epochs}", setting, epochs, epochs) for epochs in OTHERS}
        print(f"{data}: {found['folds']['epochs']} in the folds, {counts} on all, schedule over {horizon}", flush=True)
        told = {f"best count, {counts['value']}": best, f"least, {counts['low']}": least} | {
            f"{epochs} epochs": scores for epochs, scores in others.items()
        }
        for name, scores in told.items():
            print(f"    {name:18} {scores.mean():6.2f} ± {scores.std(ddof=1):.2f}")
        winner = max(others.values(), key=np.mean)
        for name, scores in (("best count", best), ("least", least)):
            spread = np.hypot(scores.std(ddof=1), winner.std(ddof=1)) / np.sqrt(len(SEEDS))
            bar = max(0.5, spread)
            behind = winner.mean() - scores.mean()
            print(f"    {name}: {behind:+.2f} points behind the best; the bar is {bar:.2f}", flush=True)


if __name__ == "__main__":
    main()
