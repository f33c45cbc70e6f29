#!/usr/bin/env bash
# segmentation-models' U-Net with encoder_depth below 5 keeps the deeper layers of its encoder, which it never calls.
# segmentation-models-pytorch 0.6.0, torch 2.14.1
# Seen: with encoder_depth=3 more than nine in ten parameters of Unet("resnet18") get no gradient; they stand in the
# optimizer and every checkpoint, and DDP ends with "Expected to have finished reduction". "tu-resnet18" drops them.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet segmentation-models-pytorch==0.6.0 torch==2.14.1 torchvision==0.29.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import sys
from importlib.metadata import version

import torch
from segmentation_models_pytorch import Unet

print("segmentation-models-pytorch", version("segmentation-models-pytorch"), "torch", torch.__version__)
print("expected: a network of three halvings holds the layers of three halvings")
shares = {}
for encoder in ("resnet18", "tu-resnet18"):
    network = Unet(encoder, encoder_depth=3, encoder_weights=None, decoder_channels=[32, 16, 8], classes=2)
    network(torch.randn(2, 3, 32, 32)).square().mean().backward()
    sizes = {name: one.numel() for name, one in network.named_parameters()}
    idle = [name for name, one in network.named_parameters() if one.grad is None]
    shares[encoder] = sum(sizes[name] for name in idle) / sum(sizes.values())
    first = f", the first is {idle[0]}" if idle else ""
    print(f"seen: {encoder}: {sum(sizes.values()):,} parameters, {shares[encoder]:.0%} without a gradient{first}")
if not (shares["resnet18"] > 0.5 and shares["tu-resnet18"] == 0):
    sys.exit("the surprise is gone: a shallower encoder holds what it calls")
PYTHON
