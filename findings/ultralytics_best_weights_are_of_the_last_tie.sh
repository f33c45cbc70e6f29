#!/usr/bin/env bash
# Ultralytics says "Best results observed at epoch N, best model saved as best.pt", but best.pt is of the last epoch that scored the same, not of epoch N.
# ultralytics 8.4.190, torch 2.14.1
# Seen: accuracy 0.5 in each of 3 epochs: the stopper's best epoch is 1, the weights in best.pt are those of epoch 3.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet ultralytics==8.4.190 torch==2.14.1 torchvision==0.29.1
fi
cd "$folder"
YOLO_CONFIG_DIR=$folder YOLO_OFFLINE=true YOLO_VERBOSE=false "$python" - <<'PYTHON'
import csv
import sys
from pathlib import Path

import numpy as np
import torch
import ultralytics
from PIL import Image

draw = np.random.default_rng(0)
for part in ("train", "val"):
    for name in ("one", "two"):
        Path("data", part, name).mkdir(parents=True)
        for number in range(8):
            Image.fromarray(draw.integers(0, 255, (32, 32, 3), dtype="uint8")).save(f"data/{part}/{name}/{number}.png")
model = ultralytics.YOLO("yolov8n-cls.yaml")
best = []
model.add_callback("on_train_end", lambda run: best.append(run.stopper.best_epoch))
model.train(
    data=str(Path("data").resolve()), epochs=20, patience=2, imgsz=32, batch=8, nbs=8, workers=0, device="cpu", plots=False,
    optimizer="SGD", lr0=1e-4, warmup_epochs=0, seed=0, project=str(Path("runs").resolve()), name="run", verbose=False,
)
rows = [{key.strip(): float(value) for key, value in row.items()} for row in csv.DictReader(open("runs/run/results.csv"))]
kept = torch.load("runs/run/weights/best.pt", weights_only=False)["train_metrics"]["val/loss"]
of = [int(row["epoch"]) for row in rows if abs(row["val/loss"] - kept) < 1e-9]
print("ultralytics", ultralytics.__version__)
print("expected: best.pt is of the epoch that is called the best")
print("seen: accuracy by epoch", [row["metrics/accuracy_top1"] for row in rows], "best epoch", best[0], "best.pt is of", *of)
if not of or best[0] in of:
    sys.exit("the surprise is gone: best.pt is of the best epoch")
PYTHON
