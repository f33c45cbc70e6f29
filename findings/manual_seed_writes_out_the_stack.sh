#!/usr/bin/env bash
# torch.manual_seed formats the whole stack as text at every call, for three kinds of devices that are not there: its cost grows with depth.
# torch 2.14.1
# Seen on a machine without a GPU: 60 calls deep, as in a Trainer's loop, 0.6 ms or more a call where the generator itself takes 0.002 ms.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet torch==2.14.1 numpy==2.4.6
fi
cd "$folder"
CUDA_VISIBLE_DEVICES='' "$python" - <<'PYTHON'
import sys
import time
import traceback

import torch

formatted, format_stack = [], traceback.format_stack
traceback.format_stack = lambda *args: (formatted.append(1), format_stack(*args))[1]


def seconds(seed, depth):
    """CPU seconds of a call of seed that is so many calls deep, the least of five times a hundred."""
    if depth:
        return seconds(seed, depth - 1)
    least = float("inf")
    for _ in range(5):
        begun = time.process_time()
        for number in range(100):
            seed(number)
        least = min(least, (time.process_time() - begun) / 100)
    return least


print("torch", torch.__version__, "- a GPU:", torch.cuda.is_available())
torch.manual_seed(0)
print("expected: a seed for the CPU costs the same however deep it is called, and looks at no stack")
print("seen:", len(formatted), "stacks were written out by one call")
for depth in (0, 20, 60):
    whole, own = (1e3 * seconds(seed, depth) for seed in (torch.manual_seed, torch.default_generator.manual_seed))
    print(f"{depth:3} calls deep: torch.manual_seed {whole:.3f} ms, torch.default_generator.manual_seed {own:.3f} ms")
if not formatted:
    sys.exit("the surprise is gone: no stack is written out")
PYTHON
