#!/usr/bin/env bash
# ModelCheckpoint(save_top_k=3, filename='best', enable_version_counter=False) writes three epochs over one another: the file is the newest.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU).
# Seen: scores that get worse after epoch 0: best.ckpt holds epoch 2, one file, while best_model_path says that it is the best.
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


class Rising(L.Callback):
    """Scores that get worse from epoch to epoch."""

    def on_validation_epoch_end(self, trainer, pl_module):
        pl_module.log("rising", float(trainer.current_epoch))


keep = L.pytorch.callbacks.ModelCheckpoint(
    dirpath="kept", filename="best", monitor="rising", mode="min", save_top_k=3, enable_version_counter=False
)
fit(3, Rising(), keep)
files = sorted(path.name for path in Path("kept").iterdir())
epoch = torch.load(keep.best_model_path, weights_only=True)["epoch"]
print(f"files: {files}; best_model_score {float(keep.best_model_score)}; epoch in {Path(keep.best_model_path).name}: {epoch}")
if (files, epoch) != (["best.ckpt"], 2):
    sys.exit("changed: one file of the newest epoch was seen")
print("expected: epoch 0 in best_model_path, or a refusal")
END
cd "$work"
"$python" -W ignore show.py
