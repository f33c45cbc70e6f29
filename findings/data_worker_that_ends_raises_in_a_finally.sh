#!/usr/bin/env bash
# A data worker that is told to end (as `timeout` and SLURM tell a whole group) raises RuntimeError wherever the main process stands, long after the loop that read from it: also in a `finally` that writes what the training came to.
# torch 2.14.1
# Seen: the error stands in the middle of a sum that has to do with no data; the line behind it is never reached.
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
"$python" - <<'PYTHON'
import multiprocessing
import signal
import subprocess
import sys
import time

import torch
from torch.utils.data import DataLoader, TensorDataset

loader = DataLoader(TensorDataset(torch.arange(64.0)), batch_size=4, num_workers=2, persistent_workers=True)
written = []


def write_the_result():
    """Has to do with no data: it takes a while, as writing a report does."""
    end, total = time.monotonic() + 10, 0
    while time.monotonic() < end:
        total += 1
    written.append(total)


seen = None
batches = iter(loader)
next(batches)  # the training is cut short here
try:
    try:
        raise SystemExit(143)  # asked to end
    finally:
        for worker in multiprocessing.active_children():
            subprocess.run(["kill", str(worker.pid)], check=True)  # by somebody else than the parent
        write_the_result()
except RuntimeError as error:
    seen = str(error)
except SystemExit:
    pass
print("torch", torch.__version__)
print("expected: an error where the next batch is asked for, and none where nobody asks")
print("seen:", seen, "| written:", bool(written), "| heard by", signal.getsignal(signal.SIGCHLD).__module__)
if not (seen and seen.startswith("DataLoader worker") and not written):
    sys.exit("the surprise is gone: the result was written")
PYTHON
