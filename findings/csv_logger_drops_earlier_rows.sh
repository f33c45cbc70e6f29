#!/usr/bin/env bash
# A run that is resumed with Lightning's CSVLogger loses the table of its first life: metrics.csv holds only the rows since.
# lightning 2.6.6, torch 2.14.1
# Seen: fit of 2 epochs, then fit(ckpt_path=...) to 4 with the same save_dir, name and version: steps 0 to 3 are gone.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet lightning==2.6.6 torch==2.14.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import csv
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
import lightning as L
import torch
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader, TensorDataset


class Line(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        loss = self.layer(batch[0]).pow(2).mean()
        self.log("loss", loss)
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def fit(epochs, ckpt_path=None):
    trainer = L.Trainer(
        accelerator="cpu", max_epochs=epochs, log_every_n_steps=1, enable_progress_bar=False,
        enable_model_summary=False, enable_checkpointing=False, logger=CSVLogger(".", name="csv", version=""),
    )
    trainer.fit(Line(), DataLoader(TensorDataset(torch.ones(4, 1)), batch_size=2), ckpt_path=ckpt_path)
    trainer.save_checkpoint("last.ckpt")
    return [int(row["step"]) for row in csv.DictReader(open("csv/metrics.csv"))]


print("lightning", L.__version__)
first, both = fit(2), fit(4, "last.ckpt")
print("expected: steps 0 to 7 after the second life")
print("seen: steps", first, "after the first life,", both, "after the second")
if 0 in both:
    sys.exit("the surprise is gone: the rows of the first life are there")
PYTHON
