#!/usr/bin/env bash
# `except Exception` does not catch a checkpoint that torch.distributed.checkpoint cannot load: what it raises is none.
# torch 2.14.1
# Seen: CheckpointException derives from BaseException, as KeyboardInterrupt does. A program that falls back on an older
# checkpoint by `except Exception`, or a library that turns errors of jobs into a failed job, ends instead, in one
# process too, where no other rank could be meant. The error inside (here FileNotFoundError) is only in its text.
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
cat > load.py <<'PYTHON'
import warnings
from pathlib import Path

import torch
import torch.distributed.checkpoint as dcp

warnings.simplefilter("ignore")
dcp.save({"weight": torch.ones(3)}, checkpoint_id="saved", no_dist=True)
for file in Path("saved").glob("*.distcp"):
    file.unlink()
try:
    try:
        dcp.load({"weight": torch.zeros(3)}, checkpoint_id="saved", no_dist=True)
    except Exception as error:
        print("an Exception:", type(error).__name__)
except BaseException as error:
    print("no Exception:", type(error).__name__, [kind.__name__ for kind in type(error).__mro__[1:]])
PYTHON
"$python" -c "import torch; print('torch', torch.__version__)"
echo "expected: an Exception: FileNotFoundError, or one of torch's own that is an Exception"
seen=$("$python" load.py 2>/dev/null)
echo "seen: $seen"
if [ "${seen%%:*}" != "no Exception" ]; then
    echo "the surprise is gone: what is raised is an Exception" >&2
    exit 1
fi
