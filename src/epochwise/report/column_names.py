"""The names that other tools give to columns, said as ours."""

import re
from collections.abc import Sequence

STAGES = {"train": "train", "training": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
STAGED = re.compile(rf"({'|'.join(STAGES)})(?:/(.+)|_([^/]+))")
#: What is no score.
COUNTS = ("epoch", "step", "scored_step", "samples", "seconds", "events", "time")


def column_names(header: Sequence[str]) -> dict[str, str]:
    """Say what each column of a table is called in ``epochs.csv``.

    Tables that are known: our own ``epochs.csv``; ``metrics.csv`` of Lightning's CSVLogger (names of one's own, with
    ``train`` or ``val`` before them, ``_step`` and ``_epoch`` behind them, ``lr-<optimizer>``); the log of Keras's
    CSVLogger (``loss`` and ``val_loss``); ``history.csv`` of fastai's (``train_loss``, ``valid_loss``, metrics of
    validation without a prefix, ``time``).

    Args:
        header: the names in the file.

    Returns:
        Name in the file -> ours, such as ``val/loss``; a name without an entry is left out: a score of single steps
        that is there by the epoch too.
    """
    rates = [name for name in header if re.fullmatch(r"lr|learning_rate|lr[-/].+", name)]
    any_stage = any(STAGED.fullmatch(name) for name in header)
    names: dict[str, str] = {}
    for name in header:
        base = re.sub(r"_epoch$", "", name)
        if name.endswith("_step") and f"{name.removesuffix('_step')}_epoch" in header:
            continue
        if name in COUNTS:
            names[name] = "seconds" if name == "time" else name
        elif name in rates:
            names[name] = "lr" if len(rates) == 1 else re.sub("^lr[-/]", "lr/", name)
        elif staged := STAGED.fullmatch(base):
            names[name] = f"{STAGES[staged[1]]}/{staged[2] or staged[3]}"
        elif f"val_{name}" in header or (not any_stage and "loss" in header and "/" not in name):
            names[name] = f"train/{name}"  # Keras
        elif "valid_loss" in header and "train_loss" in header:
            names[name] = f"val/{name}"  # fastai
        else:
            names[name] = name
    return names
