from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from epochwise.ladder.counts_document import counts_document
from epochwise.ladder.write_ladder import write_count_points

from tests.ladder.example_ladder import example_ladder, found_of


def points(folder, tag):
    read = EventAccumulator(str(folder))
    read.Reload()
    return [(point.step, round(point.value, 4)) for point in read.Scalars(tag)]


def test_scores_stand_at_their_count_also_after_a_ladder_is_climbed_further(tmp_path):
    short = example_ladder(counts=(5, 10), scores=example_ladder().scores[:, :2], others={})
    short = example_ladder(
        counts=(5, 10),
        scores=example_ladder().scores[:, :2],
        steps=short.steps[:2],
        seconds=short.seconds[:2],
        price_epochs=short.price_epochs[:2],
        others={},
    )
    for ladder in (short, example_ladder()):
        write_count_points(counts_document(ladder, found_of(ladder)), tmp_path)
    assert points(tmp_path, "count/val/loss")[::2] == [(5, 0.95), (20, 0.32)]
    assert points(tmp_path, "count/val/loss/seed=7") == [(5, 1.0), (20, 0.34)]
    assert points(tmp_path, "count/val/accuracy/seed=0") == [(5, 0.55), (10, 0.75), (20, 0.85)]
    assert len(list(tmp_path.iterdir())) == 1
