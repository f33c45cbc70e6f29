#!/usr/bin/env bash
# torch's memory tracker takes activations for the optimizer's numbers where a step has a closure, as Lightning's have.
# torch 2.14.1 (torch.distributed._tools.mem_tracker)
# Seen: the same step of one network with AdamW; with `optimizer.step(closure)` the peak says several times as much
# "Optstate" as there is, and none of it as "Activation". All that is made between the two hooks of a step counts as
# the optimizer's: forward and backward too. So every step of a Lightning Trainer is counted wrongly, which always gives
# optimizers a closure; totals are right.
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
cat > track.py <<'PYTHON'
import sys

import torch
from torch import nn
from torch.distributed._tools.mem_tracker import MemTracker

torch.manual_seed(0)
network = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 1))
optimizer = torch.optim.AdamW(network.parameters())
x = torch.randn(4096, 64)


def closure():
    optimizer.zero_grad()
    loss = network(x).square().mean()
    loss.backward()
    return loss


closure()
optimizer.step()  # makes the moments
held = sum(one.nbytes for state in optimizer.state.values() for one in state.values())
tracker = MemTracker()
tracker.track_external(network, optimizer)
with tracker:
    if sys.argv[1] == "closure":
        optimizer.step(closure)
    else:
        closure()
        optimizer.step()
peak = tracker.get_tracker_snapshot("peak")[torch.device("cpu")]
named = {getattr(kind, "value", kind): count for kind, count in peak.items()}
print(named["Optstate"] // held, named["Activation"] // held, named["Total"] // held)
PYTHON
"$python" -c "import torch; print('torch', torch.__version__)"
echo "expected: 1 times what the optimizer holds is counted as the optimizer's, with a closure or without"
plain=$("$python" track.py plain) with_closure=$("$python" track.py closure)
echo "seen: optimizer, activations and all at the peak, in whole times of what the optimizer holds: without $plain, with $with_closure"
if [ "${plain%% *}" != 1 ] || [ "${with_closure%% *}" -lt 3 ]; then
    echo "the surprise is gone: what a closure makes is not counted as the optimizer's" >&2
    exit 1
fi
