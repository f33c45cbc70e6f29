import numpy as np
import pytest

from epochwise.ladder.counts_document import counts_document
from epochwise.ladder.write_ladder import draw_counts

from tests.ladder.example_ladder import example_ladder, found_of

NONE = float("nan")


@pytest.mark.parametrize(
    "scores", [[[0.5, 0.5, 0.5]] * 2, [[0.9, 0.5, 0.8]] * 2, [[0.5, NONE, 0.4]], [[NONE, 1, NONE]]]
)
def test_any_scores_can_be_drawn(tmp_path, scores):
    ladder = example_ladder(scores=np.array(scores), seeds=(0, 7)[: len(scores)], others={}, trunks=())
    draw_counts(counts_document(ladder, found_of(ladder)), tmp_path / "counts.png")
    assert (tmp_path / "counts.png").read_bytes().startswith(b"\x89PNG")
