#!/usr/bin/env bash
# After Lightning's sanity check callback_metrics has a score of one validation loader, and of two loaders none.
# lightning 2.6.6, torch 2.14.1
# Seen: one loader: ['val_loss'] after the check and in training; two: [] after the check, both names in training. A monitor looked up there is refused wrongly.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet torch==2.14.1 numpy==2.4.6 lightning==2.6.6
fi
cd "$folder"
CUDA_VISIBLE_DEVICES='' "$python" - 2> /dev/null <<'PYTHON'
import sys
import warnings

import lightning as L
import torch
from torch.utils.data import DataLoader, TensorDataset

warnings.simplefilter("ignore")


class Net(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer, self.seen = torch.nn.Linear(1, 1), []

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).mean()

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        self.log("val_loss", self.layer(batch[0]).mean())

    def on_validation_end(self):
        self.seen.append(sorted(self.trainer.callback_metrics))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def loader():
    return DataLoader(TensorDataset(torch.ones(4, 1)), batch_size=2)


def names(num_loaders):
    """What callback_metrics holds after the sanity check, and after the first epoch's validation."""
    net, quiet = Net(), {"logger": False, "enable_checkpointing": False, "enable_progress_bar": False}
    trainer = L.Trainer(max_epochs=1, accelerator="cpu", enable_model_summary=False, **quiet)
    trainer.fit(net, loader(), [loader() for _ in range(num_loaders)])
    return net.seen


one, two = names(1), names(2)
print("lightning", L.__version__, "- torch", torch.__version__)
print("expected: the check before the first step shows the names that training will, however many loaders there are")
print(f"seen: one loader: {one[0]} after the check, {one[1]} in training")
print(f"      two loaders: {two[0]} after the check, {two[1]} in training")
both = [f"val_loss/dataloader_idx_{index}" for index in range(2)]
if one != [["val_loss"], ["val_loss"]] or two[1] != both:
    print("the names are no longer those")
    sys.exit(1)
if two[0]:
    print("the surprise is gone: scores of two loaders are there after the check")
    sys.exit(1)
PYTHON
