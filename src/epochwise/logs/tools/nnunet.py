"""nnU-Net v2: ``training_log_*.txt``."""

import re

import pandas as pd

from epochwise.logs.log import ToolLog
from epochwise.logs.log_file import LogFile

TOOL = "nnU-Net"
EPOCH = re.compile(r"Epoch (\d+)\s*$")
SCORE = re.compile(r"(train_loss|val_loss|Pseudo dice|Current learning rate:|Epoch time:)\s+(.+?)\s*$")
NAMES = {"train_loss": "train/loss", "val_loss": "val/loss", "Pseudo dice": "val/pseudo_dice"}


def sniff(file: LogFile) -> bool:
    """Whether lines say ``Epoch 0`` and ``Pseudo dice``."""
    lines = file.first_lines
    return any(EPOCH.search(line) for line in lines) and any(
        "Pseudo dice" in line or "train_loss" in line for line in lines
    )


def read(file: LogFile) -> list[ToolLog]:
    """Epochs count from 0; the pseudo dice is the mean over the classes; losses may lie below 0."""
    rows: list[dict[str, float]] = []
    for line in file.text.splitlines():
        if found := EPOCH.search(line):
            rows.append({"epoch": float(found[1])})
        elif rows and (found := SCORE.search(line)):
            values = [
                float(one)
                for one in re.findall(r"(?<![\w(])-?\d+\.?\d*(?:e-?\d+)?(?!\w)|(?<=float32\()[\d.]+", found[2])
            ]
            if not values:
                continue
            name = NAMES.get(found[1], "lr" if "rate" in found[1] else "seconds")
            rows[-1][name] = sum(values) / len(values)
    if not any("train/loss" in row for row in rows):
        raise file.refused(
            "looks like a log of nnU-Net, but no epoch in it has a train_loss; allowed: training_log_*.txt"
        )
    frame = pd.DataFrame(rows)
    return [
        ToolLog(
            TOOL,
            frame,
            {name: ours for name, ours in NAMES.items() if ours in frame},
            0,
            modes={"val/pseudo_dice": "max"},
        )
    ]
