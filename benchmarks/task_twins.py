"""Train each kind of task here, and the same by a loop written by hand, and compare CPU seconds an epoch.

    python benchmarks/task_twins.py [labels mask tokens numbers] [rounds=5]

The twin has the same network, batches, optimizer, scores and one checkpoint an epoch, and nothing else: no curves, no
clock, no verdict. Here every default is on but ``train_eval``, which scores 256 more samples an epoch; a second row has
it, too. What starts a run is left out: seconds of eight epochs less those of two. One thread. Median and spread of the
ratios of rounds that follow each other.
"""

import os
import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, open_dict

from epochwise.command_line.composer import engine_conf
from epochwise.commands.assemble import assemble
from epochwise.commands.train import train
from epochwise.report.terminal import quiet

TOP = Path(__file__).parents[1]
KINDS = {
    "labels": ["data=letters", "task=multilabel", "model=cnn", "model.channels=[64,128]"],
    "mask": ["data=letters", "data.kind=mask", "task=segmentation", "model=unet"],
    "tokens": [
        *(
            "data=text",
            "data.path=python_topics",
            "data.kind=tokens",
            "data.tokenizer=characters",
            "data.max_length=128",
        ),
        *("task=language_model", "model=transformer", "model.width=128", "data.max_train_samples=400"),
    ],
    "numbers": [
        *("data=table", "data.target=[mean radius,mean area]", "data.kind=number", "data.ignore_columns=[target]"),
        *("task=regression", "model.hidden_sizes=[1024,1024]"),
    ],
}
QUIET = ("~callbacks.progress_bar", "~callbacks.model_summary", "report=false", "stopping=none", "name=twin")
FEW, MANY = 2, 8


def composed(words: list[str], folder: Path) -> DictConfig:
    """The config of a run, as train.py would have it."""
    with engine_conf(), initialize_config_dir(str(TOP / "conf"), version_base="1.3"):
        config = compose("train", overrides=[*words, *QUIET, f"run_folder={folder}"])
    with open_dict(config):
        config.pop("hydra", None)
        config.callbacks.pop("confusion_matrix", None)
    return config


def here(words: list[str], epochs: int) -> float:
    """CPU seconds of a run."""
    with TemporaryDirectory() as folder:
        config = composed([*words, f"trainer.max_epochs={epochs}"], Path(folder) / "run")
        began = process_time()
        train(config)
        return process_time() - began


def by_hand(words: list[str], epochs: int) -> float:
    """CPU seconds of the loop with the same parts."""
    with TemporaryDirectory() as folder:
        run = assemble(composed([*words, f"trainer.max_epochs={epochs}"], Path(folder) / "run"))
        task: Any = run.task
        data: Any = run.data
        optimizer = task.make_optimizer(task.parameter_groups(task.network))
        loaders = {"train": data.train_dataloader(), "val": data.val_dataloader()}
        began = process_time()
        for _ in range(epochs):
            for split, loader in loaders.items():
                task.network.train(split == "train")
                for batch in loader:
                    with torch.set_grad_enabled(split == "train"):
                        x, y = data.on_after_batch_transfer(batch)
                        output = task.network(x)
                        loss = task.compute_loss(output, y)
                    if split == "train":
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                    task.meters[split].update(loss, *task.scored(task.predict(output.detach()), y), task.count(y))
                task.derived(task.meters[split].compute())
            kept = {"network": task.network.state_dict(), "optimizer": optimizer.state_dict()}
            torch.save(kept, Path(folder) / "last.ckpt")
        return process_time() - began


def main() -> None:
    """Print a table."""
    torch.set_num_threads(1)
    quiet()
    given = dict(word.split("=") for word in sys.argv[1:] if "=" in word)
    names = [word for word in sys.argv[1:] if "=" not in word] or list(KINDS)
    print("| task | by hand, CPU s an epoch | here, times that (min to max) | with train_eval |\n|---|---|---|---|")
    for name in names:
        ratios: dict[bool, list[float]] = {False: [], True: []}
        seconds = []
        for _ in range(int(given.get("rounds", 5))):
            twin = (by_hand(KINDS[name], MANY) - by_hand(KINDS[name], FEW)) / (MANY - FEW)
            seconds.append(twin)
            for scored in (False, True):
                words = KINDS[name] if scored else [*KINDS[name], "~callbacks.train_eval"]
                ours = (here(words, MANY) - here(words, FEW)) / (MANY - FEW)
                ratios[scored].append(ours / twin)
        told = [f"{statistics.median(each):.3f} ({min(each):.3f} to {max(each):.3f})" for each in ratios.values()]
        print(f"| {name} | {statistics.median(seconds):.3f} | {' | '.join(told)} |", flush=True)


if __name__ == "__main__":
    main()
