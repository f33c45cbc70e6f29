#!/usr/bin/env bash
# A fused optimizer of torch, on a CPU, takes a wrong step where its state lies in memory otherwise than its parameter.
# torch 2.14.1
# Seen: a state that was saved with weights in their plain layout and loaded beside the same weights laid out channels-last
# keeps its layout; AdamW and SGD with fused=True then pair moments with other weights. Nothing warns; foreach steps rightly.
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
import copy
import sys

import torch
from torch import nn

print("torch", torch.__version__)
print("expected: the layout of weights in memory changes no step by more than rounding")
x = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
found = {}
for kind, more in ((torch.optim.AdamW, {}), (torch.optim.SGD, {"momentum": 0.9})):
    for way in ("fused", "foreach"):
        torch.manual_seed(0)
        plain = nn.Conv2d(3, 4, 3)
        laid = copy.deepcopy(plain).to(memory_format=torch.channels_last)
        pairs = [(one, kind(one.parameters(), lr=0.1, **{way: True}, **more)) for one in (plain, laid)]

        def step(network, optimizer):
            optimizer.zero_grad()
            network(x).square().sum().backward()
            optimizer.step()

        step(*pairs[0])
        laid.load_state_dict(plain.state_dict())
        pairs[1][1].load_state_dict(copy.deepcopy(pairs[0][1].state_dict()))
        for pair in pairs:
            step(*pair)
        found[kind.__name__, way] = float((plain.weight - laid.weight).detach().abs().max())
        print(f"seen: {kind.__name__}({way}=True): the largest difference of a weight after one step is {found[kind.__name__, way]:.1e}")
if not all((difference > 1e-4) is (way == "fused") for (_, way), difference in found.items()):
    sys.exit("the surprise is gone: fused optimizers go by the layout of each tensor")
PYTHON
