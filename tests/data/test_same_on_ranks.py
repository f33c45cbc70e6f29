"""What is learned and scored is the same from memory and from a stream, on 1, 2 and 2 x 1 ranks."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from epochwise.shards.__main__ import made

from tests.ranks import run_machines, run_ranks

pytestmark = pytest.mark.ranks

SCRIPT = Path(__file__).with_name("same_on_ranks.py")
#: In batches of 16 the last sample of them is one too many for a batch of its own, on one rank as on two.
NUM_TRAIN, NUM_VAL = 161, 33
NUM_TEST = [5, 33, 101, 499, 1797]
WAYS = {"1": (1, run_ranks), "2": (1, run_ranks), "2 x 1": (2, run_machines)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Grey pictures of three classes, each a shade that noise nearly hides, and shards of them."""
    root = tmp_path_factory.mktemp("sizes")
    for num_test in NUM_TEST:
        random = np.random.default_rng(num_test)
        for split, count in (("train", NUM_TRAIN), ("val", NUM_VAL), ("test", num_test)):
            for number in range(count):
                place = root / str(num_test) / "pictures" / split / "abc"[number % 3]
                place.mkdir(parents=True, exist_ok=True)
                pixels = random.normal(110 + 15 * (number % 3), 60, (8, 8)).clip(0, 255).astype(np.uint8)
                Image.fromarray(pixels).save(place / f"{number}.png")
        made(str(root / str(num_test) / "pictures"), str(root / str(num_test) / "shards"), ["shard_mb=0.02"])
    return root


@pytest.fixture(scope="module")
def runs(folder):
    """(way, source) -> what each rank came to, made when it is asked for."""
    found = {}

    def get(way, source):
        if (way, source) not in found:
            machines, run = WAYS[way]
            found[way, source] = run(SCRIPT, int(way[0]), str(folder), str(machines), source)
        return found[way, source]

    return get


@pytest.mark.parametrize("num_test", NUM_TEST)
@pytest.mark.parametrize("source", ["memory", "stream"])
@pytest.mark.parametrize("way", WAYS)
def test_weights_and_scores_are_those_of_one_process_with_its_data_in_memory(runs, way, source, num_test):
    (alone,) = runs("1", "memory")
    expected = dict(alone[str(num_test)])
    weights = torch.tensor(expected.pop("weights"))
    assert expected.keys() >= {"train/loss", "val/loss", "val/accuracy", "test/loss", "test/accuracy", "test/f1"}
    assert 0.34 < expected["val/accuracy"] < 1
    ranks = runs(way, source)
    assert len(ranks) == int(way[0])
    for rank in ranks:
        scores = dict(rank[str(num_test)])
        assert (torch.tensor(scores.pop("weights")) - weights).abs().max() < 1e-6
        assert scores == pytest.approx(expected, abs=1e-6)
