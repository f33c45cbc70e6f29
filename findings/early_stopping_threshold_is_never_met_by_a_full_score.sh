#!/usr/bin/env bash
# EarlyStopping(stopping_threshold=1.0, mode="max") goes on at an accuracy of 1.0, and threshold 0.0 at an error of 0: "reaches" is a strict comparison, so the score that one asks for, and that nothing can pass, stops no run.
# lightning 2.6.6, torch 2.14.1
# Seen: at the threshold itself no stop, a hair beyond it a stop; in 32 bits 19 of 20 is below 0.95, too.
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
import sys
import warnings

warnings.filterwarnings("ignore")
import lightning as L
import torch
from lightning.pytorch.callbacks import EarlyStopping
from torch.utils.data import DataLoader, TensorDataset


class AllRight(L.LightningModule):
    """Scores 1.0 after each epoch."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).square().mean()

    def validation_step(self, batch, batch_idx):
        self.log("accuracy", 1.0)
        self.log("error", 0.0)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.01)


def epochs(monitor, mode, threshold):
    stop = EarlyStopping(monitor, mode=mode, stopping_threshold=threshold, patience=99)
    trainer = L.Trainer(max_epochs=5, callbacks=[stop], accelerator="cpu", logger=False, enable_checkpointing=False,
                        enable_progress_bar=False, enable_model_summary=False)
    loader = DataLoader(TensorDataset(torch.ones(4, 1)))
    trainer.fit(AllRight(), loader, loader)
    return trainer.current_epoch


seen = {
    "accuracy 1.0, threshold 1.0": epochs("accuracy", "max", 1.0),
    "accuracy 1.0, threshold 0.9999": epochs("accuracy", "max", 0.9999),
    "error 0.0, threshold 0.0": epochs("error", "min", 0.0),
}
print("lightning", L.__version__, "torch", torch.__version__)
print("expected: each ends after its first epoch, since the score has reached the threshold")
print("seen, epochs of 5:", *(f"{name}: {count}" for name, count in seen.items()), sep="\n  ")
print("  19 of 20 in 32 bits is at least 0.95:", bool(float(torch.tensor(19) / 20) >= 0.95))
if list(seen.values()) != [5, 1, 5]:
    sys.exit("the surprise is gone: a threshold that is met ends the run")
PYTHON
