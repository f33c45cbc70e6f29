"""The names that other tools give to columns, said as ours."""

import re
from collections.abc import Sequence

from epochwise.run.score_names import RATE, STAGED, STAGES

#: What is no score.
COUNTS = ("epoch", "step", "scored_step", "samples", "seconds", "events", "time")
#: What Hugging Face's Trainer writes of its own speed.
SPEED = re.compile(r"(train|eval|test)_(runtime|samples_per_second|steps_per_second)")


def column_names(header: Sequence[str]) -> dict[str, str]:
    """Say what each column of a table is called in ``epochs.csv``.

    Tables that are known: our own ``epochs.csv``; ``metrics.csv`` of Lightning's CSVLogger (names of one's own, with
    ``train`` or ``val`` before them, ``_step`` and ``_epoch`` behind them, ``lr-<optimizer>``); the log of Keras's
    CSVLogger (``loss`` and ``val_loss``); ``history.csv`` of fastai's (``train_loss``, ``valid_loss``, metrics of
    validation without a prefix, ``time``); the ``log_history`` of Hugging Face's Trainer as a table (``loss``,
    ``eval_loss``, ``learning_rate``).

    Args:
        header: the names in the file.

    Returns:
        Name in the file -> ours, such as ``val/loss``; a name without an entry is left out: a score of single steps
        that is there by the epoch too.
    """
    rates = [name for name in header if RATE.fullmatch(name)]
    any_stage = any(STAGED.fullmatch(name) for name in header)
    hugging_face = "eval_loss" in header and "loss" in header
    names: dict[str, str] = {}
    for name in header:
        base = re.sub(r"_epoch$", "", name)
        if name.endswith("_step") and f"{name.removesuffix('_step')}_epoch" in header:
            continue
        if hugging_face and (SPEED.fullmatch(name) or name == "train_loss"):  # the mean of the whole run
            continue
        if name in COUNTS:
            names[name] = "seconds" if name == "time" else name
        elif name in rates:
            part = RATE.fullmatch(name)
            names[name] = "lr" if len(rates) == 1 else f"lr/{(part and part[1]) or name}"
        elif staged := STAGED.fullmatch(base):
            names[name] = f"{STAGES[staged[1]]}/{staged[2] or staged[3]}"
        elif f"val_{name}" in header or f"eval_{name}" in header:
            names[name] = f"train/{name}"  # Keras, Hugging Face
        elif not any_stage and "loss" in header and "/" not in name:
            names[name] = f"train/{name}"  # Keras without validation
        elif "valid_loss" in header and "train_loss" in header:
            names[name] = f"val/{name}"  # fastai
        else:
            names[name] = name
    return names
