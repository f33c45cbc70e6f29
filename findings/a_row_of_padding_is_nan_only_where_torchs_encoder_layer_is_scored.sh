#!/usr/bin/env bash
# A sample of nothing but padding has a number in torch's TransformerEncoderLayer while it trains, and NaN where it is scored.
# torch 2.14.1
# Seen: with src_key_padding_mask all True for a row, that row is finite in training mode and in eval mode with gradients, and
# NaN in eval mode under no_grad, where the layer takes its fast path. Nothing warns; a mean over the batch's scores is NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet numpy torch==2.14.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import sys

import torch
from torch import nn

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)
x = torch.randn(2, 4, 8)
padding = torch.tensor([[True] * 4, [False, False, True, True]])
trained = layer.train()(x, src_key_padding_mask=padding)
graded = layer.eval()(x, src_key_padding_mask=padding)
with torch.no_grad():
    scored = layer(x, src_key_padding_mask=padding)
print("torch", torch.__version__)
print("expected: the first row, all padding, is finite in all three or in none; without dropout they answer the same")
for name, answer in {"training": trained, "eval, with gradients": graded, "eval, under no_grad": scored}.items():
    print(f"seen: {name}: first row {'NaN' if answer[0].isnan().any() else 'finite'}, second {float(answer[1].detach().sum()):.4f}")
if not (trained[0].isfinite().all() and graded[0].isfinite().all() and scored[0].isnan().any()):
    sys.exit("the surprise is gone: the three agree on a row of padding")
PYTHON
