#!/usr/bin/env bash
# Resumed with Trainer(max_steps=...) from a checkpoint of an epoch's end, Lightning takes the next batch as one more of that epoch and ends it again; resumed with max_epochs it does not.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU).
# Seen: epochs of 4 batches, 8 steps, then resumed to 16. Ends of epochs as (epoch, steps): (1, 9), (2, 13), (3, 16); by max_epochs (2, 12), (3, 16).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
  "${PYTHON:-python3}" -m venv "$work/venv"
  python="$work/venv/bin/python"
  "$python" -m pip install --quiet "lightning==2.6.6" "torch==2.14.1"
fi
cd "$work"
cat > resume.py <<'PYTHON'
import logging
import sys
import warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).mean()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


class Ends(L.Callback):
    def __init__(self):
        self.seen = []

    def on_train_epoch_end(self, trainer, pl_module):
        self.seen.append((trainer.current_epoch, trainer.global_step))


def fit(checkpoint=None, **bound):
    data, ends = DataLoader(TensorDataset(torch.ones(8, 2)), batch_size=2), Ends()
    keep = ModelCheckpoint(dirpath="kept", filename="end", save_on_train_epoch_end=True, enable_version_counter=False)
    quiet = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    trainer = L.Trainer(**{"max_epochs": -1} | bound, callbacks=[ends, keep], **quiet)
    trainer.fit(Net(), data, ckpt_path=checkpoint)
    return ends.seen


print("lightning", L.__version__, "torch", torch.__version__)
fit(max_epochs=2)
by_epochs = fit("kept/end.ckpt", max_epochs=4)
fit(max_steps=8)
by_steps = fit("kept/end.ckpt", max_steps=16)
print("expected, as by max_epochs:", by_epochs)
print("seen by max_steps:         ", by_steps)
if by_steps == by_epochs:
    sys.exit("it has changed: a run bounded by steps goes on as one bounded by epochs")
PYTHON
"$python" resume.py
