#!/usr/bin/env bash
# R2Score and ExplainedVariance with several outputs forget set_dtype(torch.float64) at the first batch: a sum begins as a number without axes, and number + 32-bit vector is a 32-bit vector, so the rest of an epoch is added up in 32 bits. With one output the same metric keeps 64.
# torchmetrics 1.9.0, torch 2.14.1
# Seen: the sums are float64 before the first update and with one output, float32 after it with two; with targets around 1,000 an R2 of 0.987 is told as 0.995.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet torchmetrics==1.9.0 torch==2.14.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import sys
import warnings

warnings.filterwarnings("ignore")
import torch
import torchmetrics
from torchmetrics import ExplainedVariance, R2Score

torch.manual_seed(0)
print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__)
print("expected: what set_dtype(torch.float64) says holds for the whole of an epoch")
seen = []
for kind in (R2Score, ExplainedVariance):
    for outputs in (1, 2):
        metric = kind()
        metric.set_dtype(torch.float64)
        shape = (64,) if outputs == 1 else (64, outputs)
        right = R2Score()
        right.set_dtype(torch.float64)
        before = metric.metric_state
        kinds = {str(value.dtype) for value in before.values() if value.is_floating_point()}
        y = torch.randn(shape) + 1000
        for _ in range(50):
            given = (y + 0.1 * torch.randn(shape), y)
            metric.update(*given)
            right.update(*(each.double() for each in given))
        after = {name: str(value.dtype) for name, value in metric.metric_state.items() if value.is_floating_point()}
        seen.append((kind.__name__, outputs, sorted(kinds), sorted(set(after.values()))))
        print(" ", kind.__name__, f"of {outputs} output(s): sums {sorted(kinds)} before, {sorted(set(after.values()))} after")
        if kind is R2Score:
            print(f"    R2 {float(metric.compute()):.4f}; given the same samples in 64 bits {float(right.compute()):.4f}")
if not all("torch.float32" in after for _, outputs, _, after in seen if outputs == 2):
    sys.exit("the surprise is gone: sums of several outputs keep their precision")
PYTHON
