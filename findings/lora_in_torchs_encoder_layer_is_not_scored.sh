#!/usr/bin/env bash
# Adapters that peft puts into torch's TransformerEncoderLayer train, and are left out of every score: in eval mode the layer takes a fast path that reads the weights of its two linear layers past them.
# peft 0.21.2, torch 2.14.1
# Seen: training mode (without dropout) and eval mode differ by what the adapters do, and eval mode answers as the network without them, under no_grad and without it. Nothing warns.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet peft==0.21.2 transformers==5.24.0 accelerate==1.15.0 torch==2.14.1
fi
cd "$folder"
HF_HUB_OFFLINE=1 "$python" - <<'PYTHON'
import sys

import peft
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

torch.manual_seed(0)
layer = nn.TransformerEncoderLayer(8, 2, 16, dropout=0.0, batch_first=True, norm_first=True)
network = nn.Sequential(layer, nn.Linear(8, 2))
x = torch.randn(3, 5, 8)
with torch.no_grad():
    bare = network.eval()(x)
inject_adapter_in_model(LoraConfig(r=2, target_modules=["linear1", "linear2"], init_lora_weights=False), network)
with torch.no_grad():
    trained = network.train()(x)
    scored = network.eval()(x)
with_gradients = network.eval()(x).detach()
print("peft", peft.__version__, "torch", torch.__version__)
print("expected: without dropout both modes answer the same, with the adapters")
print(f"seen: training and eval mode differ by {float((trained - scored).abs().max()):.3f};")
print(f"  eval mode and the network without adapters by {float((scored - bare).abs().max()):.1e};")
print(f"  eval mode under no_grad and without it by {float((scored - with_gradients).abs().max()):.1e}")
is_left_out = (scored - bare).abs().max() < 1e-5 < (trained - scored).abs().max()
if not is_left_out or (scored - with_gradients).abs().max() > 1e-5:
    sys.exit("the surprise is gone: eval mode asks the adapters")
PYTHON
