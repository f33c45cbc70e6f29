"""Checkpoints with whole checksums and other values in them: answered or refused in clear lines."""

import io
import os

import pytest
import torch
from hypothesis import strategies as st

from tests.faults.damaged_folders import VALUES, hold, nodes

NUM_CHECKPOINTS = int(os.environ.get("NUM_CHECKPOINTS", "80"))
TENSORS = {
    "empty": torch.zeros(0), "one": torch.tensor(5.0), "some": torch.zeros(3), "nan": torch.full((8,), float("nan")),
    "whole": torch.zeros(2, dtype=torch.int64), "repeated": torch.zeros(1).expand(10**7, 10**5),
    "meta": torch.zeros(2, device="meta"), "complex": torch.zeros(8, dtype=torch.complex64),
}  # fmt: skip


@st.composite
def changed_checkpoint(draw, whole):
    """A checkpoint with whole checksums of which up to two values were changed, dropped, added or renamed."""
    name = draw(st.sampled_from(("best", "last", "last")))
    checkpoint = torch.load(whole / f"checkpoints/{name}.ckpt", weights_only=True)
    paths = list(nodes(checkpoint))
    others = st.sampled_from((*VALUES, 2**63, (), {1: 2})) | st.sampled_from(sorted(TENSORS)).map(TENSORS.get)
    for _ in range(draw(st.integers(1, 2))):
        part = draw(st.sampled_from(sorted(checkpoint)))  # else nearly all were of the loops
        *path, key = draw(st.sampled_from([path for path in paths if path[0] == part] or [(part,)]))
        try:
            parent = checkpoint
            for step in path:
                parent = parent[step]
            match draw(st.sampled_from(("set", "set", "set", "drop", "rename", "add"))):
                case "set":
                    parent[key] = draw(others)
                case "drop":
                    del parent[key]
                case "rename" if isinstance(parent, dict):
                    parent[f"{key}_"] = parent.pop(key)
                case "add" if isinstance(parent, dict):
                    parent["added"] = draw(others)
        except (LookupError, TypeError):
            continue  # the change before has left no such place
    file = io.BytesIO()
    torch.save(checkpoint, file)
    steps = [(f"checkpoints/{name}.ckpt", "write", file.getvalue())]
    return steps if draw(st.booleans()) else [*steps, ("checkpoints/previous.ckpt", "remove", None)]


def test_a_checkpoint_of_other_values_is_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, changed_checkpoint(whole), 1)


@pytest.mark.faults
def test_checkpoints_of_other_values_by_the_hundred_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, changed_checkpoint(whole), NUM_CHECKPOINTS)
