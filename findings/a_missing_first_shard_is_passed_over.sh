#!/usr/bin/env bash
# A checkpoint of which the first rank's shard is gone is loaded: what lay in it stays as it was, and nothing is said.
# torch 2.14.1 (torch.distributed.checkpoint, Hugging Face storage with save_distributed), safetensors 0.8.0
# Seen: two ranks save a tensor of 4 rows, two a file. Without the second file loading is refused; without the first it
# succeeds, with rows 0 and 1 of whatever the tensor held before. The reader makes its list of what there is from the
# files that are there: the last one says how large the tensor is, and none says that there was another before it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python=${FINDINGS_PYTHON:-}
if [ -z "$python" ]; then
    "${PYTHON:-python3}" -m venv "$folder/venv"
    python=$folder/venv/bin/python
    "$python" -m pip install --quiet numpy torch==2.14.1 safetensors==0.8.0
fi
cd "$folder"
cat > save.py <<'PYTHON'
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint import HuggingFaceStorageWriter
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

dist.init_process_group("gloo")
weight = distribute_tensor(torch.ones(4, 3), init_device_mesh("cpu", (2,)), [Shard(0)])
dcp.save({"weight": weight}, storage_writer=HuggingFaceStorageWriter("saved", save_distributed=True))
dist.barrier()
PYTHON
cat > load.py <<'PYTHON'
import sys
import warnings

import torch
import torch.distributed.checkpoint as dcp
from torch.distributed.checkpoint import HuggingFaceStorageReader

warnings.simplefilter("ignore")
weight = torch.full((4, 3), -7.0)
try:
    dcp.load({"weight": weight}, storage_reader=HuggingFaceStorageReader(sys.argv[1]))
    print("loaded, first column", weight[:, 0].tolist())
except BaseException as error:  # not an Exception, for reasons of torch's own
    print("refused,", type(error).__name__)
PYTHON
"$python" -c "import torch, safetensors; print('torch', torch.__version__, 'safetensors', safetensors.__version__)"
echo "expected: a checkpoint of which a file is missing is refused, whichever file"
"$python" -m torch.distributed.run --standalone --nproc-per-node 2 save.py > saving.txt 2>&1 || { cat saving.txt >&2; exit 1; }
[ "$(ls saved | wc -l)" = 2 ] || { echo "two ranks no longer write two files: $(ls saved)" >&2; exit 1; }
cp -r saved without_first && rm without_first/shard-00001*
cp -r saved without_second && rm without_second/shard-00002*
for kept in saved without_second without_first; do
    said=$("$python" load.py "$kept" 2>/dev/null)
    echo "seen: $kept: $said"
    case $kept in without_first) last=$said ;; esac
done
if [ "$last" != "loaded, first column [-7.0, -7.0, 1.0, 1.0]" ]; then
    echo "the surprise is gone: a missing first shard is no longer passed over" >&2
    exit 1
fi
