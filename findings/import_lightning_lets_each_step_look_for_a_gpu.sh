#!/usr/bin/env bash
# Once lightning is imported, each step of Adam or AdamW on a machine without a GPU opens NVIDIA's library, in vain: it takes twice as long.
# lightning 2.6.6, torch 2.14.1 (a build with CUDA)
# Seen: lightning sets PYTORCH_NVML_BASED_CUDA_CHECK=1; torch's Adam asks at each step whether a GPU is there, and with that set looks
# for libnvidia-ml.so.1 each time. 0.09 ms a step before the import, 0.22 ms after it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet lightning==2.6.6 torch==2.14.1 numpy==2.4.6
fi
cd "$folder"
env -u CUDA_VISIBLE_DEVICES OMP_NUM_THREADS=1 "$python" -W ignore - <<'PYTHON'
import ctypes
import os
import sys
import time

import torch

STEPS = 200
opened, open_library = [], ctypes.CDLL.__init__


def counted(self, name, *args, **kwargs):
    opened.append(name)
    return open_library(self, name, *args, **kwargs)


def step():
    """Libraries that 200 steps open, and the CPU milliseconds of a step, the least of five times."""
    opened.clear()
    weight = torch.nn.Parameter(torch.zeros(2))
    weight.grad = torch.ones(2)
    optimizer, least = torch.optim.Adam([weight]), float("inf")
    for _ in range(5):
        begun = time.process_time()
        for _ in range(STEPS // 5):
            optimizer.step()
        least = min(least, (time.process_time() - begun) / (STEPS // 5))
    return len(opened), 1e3 * least


if torch.cuda.is_available() or torch.version.cuda is None:
    print("torch", torch.__version__, "has a GPU, or is built for none: nothing to see here")
    sys.exit()
ctypes.CDLL.__init__ = counted
before = step()
import lightning

after = step()
print("torch", torch.__version__, "lightning", lightning.__version__)
print("expected: an import changes nothing of how long a step of an optimizer takes")
for when, (libraries, milliseconds) in {"before": before, "after": after}.items():
    print(f"seen: {when} the import {STEPS} steps opened {libraries} libraries, {milliseconds:.3f} ms a step")
print("PYTORCH_NVML_BASED_CUDA_CHECK =", os.environ.get("PYTORCH_NVML_BASED_CUDA_CHECK"))
if not before[0] == 0 < after[0]:
    sys.exit("the surprise is gone: steps open no library")
PYTHON
