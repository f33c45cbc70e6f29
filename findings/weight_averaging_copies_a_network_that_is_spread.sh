#!/usr/bin/env bash
# WeightAveraging calls configure_model in its own setup and then copies the module: where configure_model is used for what it is for under ModelParallelStrategy, fully_shard, the copy fails.
# Versions: lightning 2.6.6, torch 2.14.1 (CPU, one gloo process).
# Seen: the same run trains without the callback, and with it ends before the first step: "FSDP does not support deepcopy", an AssertionError that names no callback.
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

import lightning as L
import torch
from lightning.pytorch.callbacks import WeightAveraging
from lightning.pytorch.strategies import ModelParallelStrategy
from torch.distributed.fsdp import fully_shard
from torch.utils.data import DataLoader, TensorDataset

logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
print(f"lightning {L.__version__}, torch {torch.__version__}")


class Line(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def configure_model(self):
        """As the documentation of ModelParallelStrategy has it."""
        fully_shard(self.layer, mesh=self.device_mesh["data_parallel"])

    def training_step(self, batch, batch_idx):
        return torch.nn.functional.mse_loss(self.layer(batch[0]), batch[1])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)


def outcome(*callbacks):
    x = torch.linspace(-1, 1, 64)[:, None]
    trainer = L.Trainer(
        max_epochs=1, accelerator="cpu", devices=1, strategy=ModelParallelStrategy(data_parallel_size=1),
        callbacks=list(callbacks), logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False,
    )
    try:
        trainer.fit(Line(), DataLoader(TensorDataset(x, 3 * x), batch_size=16))
    except AssertionError as error:
        return f"AssertionError: {str(error).splitlines()[0]}"
    return f"{trainer.global_step} steps"


without, averaged = outcome(), outcome(WeightAveraging())
print(f"without the callback: {without}; with it: {averaged}")
if without != "4 steps" or "AssertionError" not in averaged:
    sys.exit("changed: 4 steps without it, and an AssertionError with it, were seen")
print("expected: 4 steps with it too, or a line that says that it cannot be")
END
cd "$work"
"$python" -W ignore show.py
