#!/usr/bin/env bash
# Module.double() passes over every TorchMetrics metric inside: a network of 64 bits is then measured, and its sums are kept, in 32.
# torchmetrics 1.9.0, torch 2.14.1
# Seen: the metric stays float32 without a word, and the mean over 30,000 batches of the loss 0.1 comes out as 0.100019.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet torch==2.14.1 numpy==2.4.6 torchmetrics==1.9.0
fi
cd "$folder"
CUDA_VISIBLE_DEVICES='' "$python" - <<'PYTHON'
import sys
import warnings

import torch
import torchmetrics


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)
        self.mean_loss = torchmetrics.MeanMetric()


def mean_of(metric):
    """Of a loss that is the same in each of so many batches."""
    for _ in range(30_000):
        metric.update(torch.tensor(0.1, dtype=torch.float64))
    return metric.compute()


with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    net = Net().double()
print("torchmetrics", torchmetrics.__version__, "- torch", torch.__version__)
print("expected: all of a module is of 64 bits behind .double(), or something says that a part is not")
mean, asked = mean_of(net.mean_loss), mean_of(torchmetrics.MeanMetric().set_dtype(torch.float64))
print(f"seen: the layer is {net.layer.weight.dtype}, the metric's sum {net.mean_loss.mean_value.dtype}, warnings: {len(said)}")
print(f"      the mean of 30,000 times 0.1 is {mean.item()!r}; of a metric behind set_dtype(torch.float64) {asked.item()!r}")
if net.mean_loss.mean_value.dtype != torch.float32 or said or abs(mean.item() - 0.1) < 1e-8:
    sys.exit("the surprise is gone: the metric became one of 64 bits, or something said that it did not")
if abs(asked.item() - 0.1) > 1e-9:
    sys.exit("set_dtype no longer keeps 64 bits")
PYTHON
