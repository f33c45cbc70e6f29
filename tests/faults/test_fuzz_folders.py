"""Run folders as damage and strangers leave them: answered or refused in clear lines, nothing outside touched."""

import copy
import os

import pytest
import yaml
from hypothesis import strategies as st

from tests.faults.damaged_folders import VALUES, hold, nodes

NUM_FOLDERS = int(os.environ.get("NUM_FOLDERS", "150"))
FEW = 2
FILES = ("config.yaml", "result.json", "epochs.csv", ".lock", "checkpoints/best.ckpt", "checkpoints/last.ckpt",
         "checkpoints/previous.ckpt", "checkpoints", "tensorboard", "tensorboard/events", "predictions",
         "checkpoints/.last.ckpt.123", "report.html")  # fmt: skip
BYTES = (b"", b"\n", b"\0", b"null", b"{}", b"[1]", b"\xff\xfe", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18,
         b"\x80\x02N.", b"a: [1", b"- a", b"a: &a [*a, *a]", b"!!python/object/apply:os.system ['touch hacked']",
         b"x" * 2_000_000, b"[" * 5000, "ümlaut: 1".encode("latin1"), b"1\n" * 1000, b"99999999")  # fmt: skip
HOW = ["cut", "flip", "write", "write", "remove", "folder", "pipe", "link", "link_out", "copy", "no_rights"]


@st.composite
def changed_config(draw, plain):
    """A run's config with up to three keys changed, dropped, added or renamed."""
    plain = copy.deepcopy(plain)
    for _ in range(draw(st.integers(1, 3))):
        *path, key = draw(st.sampled_from(list(nodes(plain))))
        parent = plain
        for name in path:
            parent = parent[name]
        match draw(st.sampled_from(("set", "set", "drop", "rename", "add", "move"))):
            case "set":
                parent[key] = draw(st.sampled_from(VALUES))
            case "drop":
                del parent[key]
            case "add" if isinstance(parent, dict):
                names = ("_target_", "_args_", "_partial_", "x", "hydra", "defaults", 1, "run_folder")
                parent[draw(st.sampled_from(names))] = draw(st.sampled_from(VALUES))
            case "rename" if isinstance(parent, dict):
                parent[f"{key}_"] = parent.pop(key)
            case "move":
                parent[key] = copy.deepcopy(draw(st.sampled_from(list(plain.values()))))
    return yaml.safe_dump(plain, sort_keys=False).encode()


@st.composite
def damaged(draw, whole):
    """Two steps of damage at most: a file, what is done to it, and with what."""
    steps = []
    plain = yaml.safe_load((whole / "config.yaml").read_text())
    for _ in range(draw(st.integers(1, 2))):
        if draw(st.booleans()):
            steps.append(("config.yaml", "write", draw(changed_config(plain))))
            continue
        file = draw(st.sampled_from(FILES))
        how = draw(st.sampled_from(HOW))
        what = {
            "cut": st.floats(0, 1),
            "flip": st.lists(st.floats(0, 1), min_size=1, max_size=8),
            "write": st.sampled_from(BYTES),
            "copy": st.sampled_from(FILES),
        }
        steps.append((file, how, draw(what.get(how, st.none()))))
    return steps


@pytest.mark.long
def test_a_few_damaged_run_folders_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, damaged(whole), FEW)


@pytest.mark.faults
def test_damaged_run_folders_by_the_hundred_are_answered(project, whole, tmp_path):
    hold(project, whole, tmp_path, damaged(whole), NUM_FOLDERS)
