#!/usr/bin/env bash
# Resumed with Trainer(precision='64-true'), float64 weights of a checkpoint come back rounded to float32.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU).
# Seen: weights saved after 2 epochs, read back in on_train_start: 64-bit tensors that hold 32-bit numbers.
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


class Look(L.Callback):
    """The weight with which training begins."""

    def on_train_start(self, trainer, pl_module):
        self.weight = pl_module.layer.weight.detach().clone()


def double(epochs, *callbacks, path=None):
    torch.set_default_dtype(torch.float32)
    return fit(epochs, *callbacks, path=path, precision="64-true")


_, trainer = double(2)
trainer.save_checkpoint("two.ckpt")
saved = torch.load("two.ckpt", weights_only=True)["state_dict"]["layer.weight"]
look = Look()
double(3, look, path="two.ckpt")
apart = float((look.weight - saved).abs().max())
print(f"saved {saved.dtype} {saved.item():.17g}, gone on with {look.weight.dtype} {look.weight.item():.17g}")
if apart == 0 or not torch.equal(look.weight, saved.float().double()):
    sys.exit("changed: the rounding was seen")
print("expected: the same number")
END
cd "$work"
"$python" -W ignore show.py
