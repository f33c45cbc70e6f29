#!/usr/bin/env bash
# Until EMAWeightAveraging makes its first update, each validation scores the weights that the network was made with.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU).
# Seen: update_starting_at_step=12 of 20 steps: the same score after epochs 0, 1 and 2, while without the callback it falls.
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


average = L.pytorch.callbacks.EMAWeightAveraging(decay=0.9, update_starting_at_step=12)
plain, _ = fit(5)
averaged, _ = fit(5, average)
print("val after each epoch, without the callback:", plain.scores)
print("val after each epoch, with it, from step 12:", averaged.scores)
if len(set(averaged.scores[:3])) != 1 or len(set(plain.scores[:3])) != 3:
    sys.exit("changed: before the first update the scores were equal")
print("expected: the model's own scores until averaging begins")
END
cd "$work"
"$python" -W ignore show.py
