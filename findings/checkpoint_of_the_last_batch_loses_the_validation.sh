#!/usr/bin/env bash
# A Lightning checkpoint that every_n_train_steps writes with an epoch's last batch resumes behind that epoch: its validation and end are lost.
# lightning 2.6.6, torch 2.14.1
# Seen: 3 epochs of 4 batches, resumed from step 4: epoch 0 is never validated and has no on_train_epoch_end, in either run; from step 3 it has both.
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
CUDA_VISIBLE_DEVICES='' "$python" - <<'PYTHON'
import logging
import sys
import warnings

import lightning as L
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, TensorDataset

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Cut(Exception):
    """Where a machine would have gone down."""


class Net(L.LightningModule):
    def __init__(self, cut_at=None):
        super().__init__()
        self.layer, self.cut_at = torch.nn.Linear(1, 1), cut_at
        self.ended, self.validated = [], []

    def training_step(self, batch, batch_idx):
        return self.layer(batch[0]).mean()

    def validation_step(self, batch, batch_idx):
        if not self.trainer.sanity_checking and batch_idx == 0:
            self.validated.append(self.current_epoch)

    def on_validation_start(self):
        if self.global_step == self.cut_at:
            raise Cut

    def on_train_batch_end(self, *_):
        if self.global_step == self.cut_at and self.cut_at % 4:
            raise Cut

    def on_train_epoch_end(self):
        self.ended.append(self.current_epoch)

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def fit(net, step, path=None):
    keeps = ModelCheckpoint("kept", "at-{step}", every_n_train_steps=step, save_top_k=-1, save_on_train_epoch_end=False)
    options = {"logger": False, "enable_progress_bar": False, "enable_model_summary": False, "accelerator": "cpu"}
    trainer = L.Trainer(max_epochs=3, callbacks=[keeps], num_sanity_val_steps=0, **options)
    loader = DataLoader(TensorDataset(torch.ones(4, 1)), batch_size=1)
    try:
        trainer.fit(net, loader, loader, ckpt_path=path)
    except Cut:
        pass
    return net


print("lightning", L.__version__, "- torch", torch.__version__)
print("expected: whatever step a checkpoint was written at, the run that goes on from it validates and ends each epoch")
seen = {}
for step in (3, 4):
    first, again = fit(Net(cut_at=step), step), None
    again = fit(Net(), step, f"kept/at-step={step}.ckpt")
    seen[step] = sorted({*first.validated, *again.validated}), sorted({*first.ended, *again.ended})
    print(f"seen: cut and resumed at step {step}: epochs validated {seen[step][0]}, ended {seen[step][1]}")
if seen[3] != ([0, 1, 2], [0, 1, 2]):
    sys.exit("a checkpoint within an epoch no longer goes on with it")
if seen[4] != ([1, 2], [1, 2]):
    sys.exit("the surprise is gone: the epoch whose last batch wrote the checkpoint was validated and ended")
PYTHON
