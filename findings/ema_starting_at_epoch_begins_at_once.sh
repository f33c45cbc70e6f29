#!/usr/bin/env bash
# EMAWeightAveraging(update_starting_at_epoch=3) averages from the first step on: the epoch adds updates and delays none.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU).
# Seen: 3 epochs of 4 steps, so that epoch 3 is never reached: 12 updates of the average. With update_starting_at_step=12: 0.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
  "${PYTHON:-python3}" -m venv "$work/venv"
  python="$work/venv/bin/python"
  "$python" -m pip install --quiet "lightning==2.6.6" "torch==2.14.1"
fi
cat > "$work/show.py" <<'END'
import logging
import sys
from pathlib import Path

import lightning as L
import torch
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
print(f"lightning {L.__version__}, torch {torch.__version__}")


class Line(L.LightningModule):
    """y = 3 x, learned by SGD; 4 batches an epoch."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.scores = []

    def training_step(self, batch, batch_idx):
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        self.log("val", torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1]))

    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            self.scores.append(round(float(self.trainer.callback_metrics["val"]), 4))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)


def data():
    x = torch.linspace(-1, 1, 64)[:, None]
    return DataLoader(TensorDataset(x, 3 * x), batch_size=16)


def fit(epochs, *callbacks, path=None, **settings):
    torch.manual_seed(0)
    model = Line()
    trainer = L.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=list(callbacks), enable_checkpointing=any("Checkpoint" in type(one).__name__ for one in callbacks),
        num_sanity_val_steps=0, **settings,
    )
    trainer.fit(model, data(), data(), ckpt_path=path)
    return model, trainer


def updates(**when):
    average = L.pytorch.callbacks.EMAWeightAveraging(decay=0.9, **when)
    fit(3, average)
    return int(average._average_model.n_averaged)


by_epoch, by_step = updates(update_starting_at_epoch=3), updates(update_starting_at_step=12)
print(f"updates in 3 epochs of 4 steps: update_starting_at_epoch=3 {by_epoch}, update_starting_at_step=12 {by_step}")
if (by_epoch, by_step) != (12, 0):
    sys.exit("changed: both were expected to be 0, and 12 and 0 were seen")
print("expected of both: 0")
END
cd "$work"
"$python" -W ignore show.py
