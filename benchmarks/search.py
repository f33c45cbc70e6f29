"""Hold a search with pruning to the same search without.

    python benchmarks/search.py [SAMPLER [PRUNER [SEED ...]]]

With each seed (0 to 4) forty trials on digits are searched over the space of space=default, 27 epochs at most
and batches of 128, with every trial run to its end; their settings are drawn by search=tpe if nothing else is
named. The same is searched again with a pruner (pruner=halving): forty trials, and further ones until it has
reached the first search's best score or used half of its epochs. Printed are the best scores, the epochs of each
search, and after what fraction of the first search's epochs the pruned one had reached its best score; the bar is a
half, in the median over seeds.

SAMPLER=random draws the same forty settings with and without pruning, so that what is left is the pruning itself; TPE
learns other things from pruned trials, and draws others.
"""

import contextlib
import io
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import torch
from composed import composed
from hydra.utils import instantiate
from omegaconf import OmegaConf

from epochwise.commands.check_jobs import one_run
from epochwise.commands.train import train
from epochwise.run.epochs_csv import read_epochs_csv
from epochwise.sweep.job import JobRecord
from epochwise.sweep.space import Space
from epochwise.sweep.trials import Trials, open_study

CONF = Path(__file__).parents[1] / "conf"
TRIALS, EPOCHS = 40, 27
SETTING = [f"trainer.max_epochs={EPOCHS}", "data.batch_size=128", "stopping=none", "report=false"]
SETTING += [f"~callbacks.{name}" for name in ("progress_bar", "model_summary", "gradient_norm", "train_eval")]
SETTING += ["~callbacks.last_checkpoint", "~loggers.tensorboard"]


def options(group: str) -> list[str]:
    return sorted(path.stem for path in (CONF / group).glob("*.yaml")) if (CONF / group).is_dir() else []


def search(words: list[str], folder: Path, budget_epochs: int = 0, wanted: float = -np.inf) -> list[tuple[float, int]]:
    """Search for forty trials, or on until a score or the end of a budget; best score and epochs after each trial."""
    config, told = composed("search", [*SETTING, *words]), []
    storage = f"sqlite:///{folder}/study.db"
    study = open_study(storage, "study", "min", pruner=instantiate(config.pruner))
    study.set_user_attr("pruner", OmegaConf.to_container(config.pruner, resolve=True))
    trials = Trials(study, storage, folder, config.search, TRIALS + budget_epochs)
    space = Space(dict(config.space), lambda files: composed("search", [*SETTING, *files]), options)

    def launch(batch):
        ((trial, drawn),) = batch
        place = folder / f"trial-{trial.number}"
        where = [text for text in trials.where(trial) if not text.startswith("hydra.")]
        job = composed("search", [*SETTING, *drawn, *where, f"seed={config.seed}", f"run_folder={place}"])
        status = "finished"
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            try:
                train(one_run(job, "search"))
            except SystemExit:
                status = "failed"
        JobRecord(trial.number, drawn, status).write(place)

    best, epochs = float("inf"), 0
    while len(told) < TRIALS or (epochs < budget_epochs and best > wanted):
        trials.run(trials.ask(space, 1), launch)
        trial = study.trials[-1]
        epochs += len(read_epochs_csv(folder / f"trial-{trial.number}" / "epochs.csv"))
        best = min(best, float(trial.value) if trial.state.name == "COMPLETE" else float("inf"))
        told.append((best, epochs))
    return told


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    sampler, pruner = [*sys.argv[1:3], *("tpe", "halving")[len(sys.argv[1:3]) :]]
    fractions, of_forty = [], []
    for seed in [int(each) for each in sys.argv[3:]] or range(5):
        words = [f"seed={seed}", f"search={sampler}"]
        with TemporaryDirectory() as whole, TemporaryDirectory() as cut:
            best, epochs = search([*words, "pruner=none"], Path(whole))[-1]
            pruned = search([*words, f"pruner={pruner}"], Path(cut), epochs // 2, best)
        forty, used = pruned[TRIALS - 1]
        reached = next((used / epochs for score, used in pruned if score <= best), np.inf)
        fractions.append(reached)
        of_forty.append(reached if reached <= used / epochs else np.inf)
        print(
            f"seed {seed}: to the end {best:.4f} in {epochs} epochs; {pruner} {forty:.4f} after {TRIALS} trials "
            f"({used / epochs:.2f} of them), {pruned[-1][0]:.4f} after {len(pruned)} trials "
            f"({pruned[-1][1] / epochs:.2f}); reached that best after {reached:.2f}",
            flush=True,
        )
    print(f"median over seeds: {median(fractions):.2f}, within {TRIALS} trials {median(of_forty):.2f}; the bar is 0.50")


if __name__ == "__main__":
    main()
