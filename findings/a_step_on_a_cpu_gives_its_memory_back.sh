#!/usr/bin/env bash
# Each training step of torch on a Linux CPU hands its activations back to the system and gets them again page by page.
# torch 2.14.1, glibc 2.36
# Seen: a convolutional network of three layers takes 700 to 3,700 page faults a step, epoch after epoch, another number in
# another process with the same seed; an epoch took 2.8 or 3.1 CPU seconds by that luck. Where MALLOC_TRIM_THRESHOLD_ and
# MALLOC_MMAP_THRESHOLD_ let glibc keep what is free, it takes none. No timing of two loops on a CPU means much before.
set -euo pipefail
[ "$(uname -s)" = Linux ] && getconf GNU_LIBC_VERSION >/dev/null 2>&1 || { echo "skipped: needs Linux with glibc"; exit 0; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet numpy torch==2.14.1
fi
cd "$folder"
cat > steps.py <<'PYTHON'
import resource

import torch
from torch import nn

torch.set_num_threads(1)
torch.manual_seed(0)
layers = []
for inputs, outputs in ((1, 16), (16, 32), (32, 64)):
    layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2)]
network = nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * 9, 10))
optimizer = torch.optim.AdamW(network.parameters())
x, y = torch.rand(640, 1, 28, 28), torch.randint(10, (640,))
for epoch in range(4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for rows in torch.randperm(640).split(64):
        loss = nn.functional.cross_entropy(network(x[rows]), y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
faults = (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) // 10
print(faults)
PYTHON
"$python" -c "import torch; print('torch', torch.__version__)"
getconf GNU_LIBC_VERSION
echo "expected: the fourth epoch needs no memory that the third did not have"
unset ${!MALLOC_@} GLIBC_TUNABLES
as_it_is=() kept=()
for _ in 1 2 3; do
    as_it_is+=("$("$python" steps.py)")
    kept+=("$(MALLOC_TRIM_THRESHOLD_=536870912 MALLOC_MMAP_THRESHOLD_=33554432 "$python" steps.py)")
done
echo "seen: page faults a step in the fourth epoch of three processes: ${as_it_is[*]}"
echo "seen: with what is free kept: ${kept[*]}"
most=$(printf '%s\n' "${as_it_is[@]}" | sort -n | tail -1)
most_kept=$(printf '%s\n' "${kept[@]}" | sort -n | tail -1)
if [ "$most" -lt 300 ] || [ "$most_kept" -gt 200 ]; then
    echo "the surprise is gone: steps keep their memory, or settings of malloc no longer do" >&2
    exit 1
fi
