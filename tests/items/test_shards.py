import subprocess
import sys

import torch

from epochwise.items.shards import batch_digest

SAYS = (
    "import torch; from epochwise.items.shards import batch_digest;"
    "torch.zeros({}); print(batch_digest([torch.arange(6.), {{'y': torch.arange(3)}}]))"
)


def test_a_batch_has_the_same_digest_in_every_process():
    here = batch_digest([torch.arange(6.0), {"y": torch.arange(3)}])
    there = [
        int(subprocess.run([sys.executable, "-c", SAYS.format(n)], capture_output=True, text=True, check=True).stdout)
        for n in (1, 100_000)
    ]
    assert there == [here, here]
    assert batch_digest([torch.arange(6.0) + 1, {"y": torch.arange(3)}]) != here
