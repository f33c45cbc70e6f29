#!/usr/bin/env bash
# Where transformers is installed, `import lightning` imports it: every program that uses Lightning starts a second later.
# lightning 2.6.6, torchmetrics 1.9.0, transformers 5.24.0, torch 2.14.1
# Seen: Lightning takes the type Metric from torchmetrics, which imports all of its metrics, of which one for text takes
# AutoModel and AutoTokenizer from transformers, if it is there, with all modules of theirs: 1 CPU second of 2.7 here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet lightning==2.6.6 torchmetrics==1.9.0 transformers==5.24.0 torch==2.14.1
fi
cd "$folder"
"$python" - <<'PYTHON'
import subprocess
import sys
from importlib.metadata import version

HIDDEN = """
import importlib.metadata as installed
distribution = installed.distribution
def without(name):
    if name == "transformers":
        raise installed.PackageNotFoundError(name)
    return distribution(name)
installed.distribution = without
"""
TIMED = """
import sys, time
import torch
start = time.process_time()
import lightning
print(time.process_time() - start, "transformers" in sys.modules)
"""

print(*(f"{name} {version(name)}" for name in ("lightning", "torchmetrics", "transformers", "torch")))
print("expected: import lightning costs the same whether or not transformers, which it does not use, is installed")
seen = {}
for name, code in {"installed": TIMED, "hidden": HIDDEN + TIMED}.items():
    runs = [subprocess.check_output([sys.executable, "-c", code], text=True).split() for _ in range(3)]
    seconds = min(float(run[0]) for run in runs)
    seen[name] = runs[0][1] == "True"
    print(f"seen: transformers {name}: {seconds:.2f} CPU seconds, imported: {seen[name]}")
if seen != {"installed": True, "hidden": False}:
    sys.exit("the surprise is gone: Lightning leaves transformers alone")
PYTHON
