"""Which counts fit what bounds all runs of a ladder."""

from math import nan

from epochwise.ladder.bounds import Bounds
from epochwise.ladder.jobs import Rung

FIVE, TEN = Rung(5, 4, 0), Rung(10, 8, 4)


def test_the_start_of_jobs_is_no_cost_of_an_epoch():
    bounds = Bounds(30.0, None, steps_per_epoch=2, num_seeds=2)
    bounds.trained(FIVE, 11.0, run_seconds=0.5)  # two runs of half a second, and ten seconds until they began
    assert (bounds.start_seconds, bounds.seconds_per_epoch) == (10.0, 0.2)
    assert bounds.exceeded_by(TEN, 18.7) is None  # 10 + 6 * 0.2
    said = "10 epochs are not tried: 19 s are over, and it takes about 12 of max_time, 30 s"
    assert bounds.exceeded_by(TEN, 18.9) == said


def test_side_by_side_the_clock_decides_and_what_is_unknown_or_was_there_counts_as_epochs_or_nothing():
    bounds = Bounds(30.0, None, steps_per_epoch=2, num_seeds=4)
    bounds.trained(FIVE, 10.0, run_seconds=5.0)  # 20 seconds of epochs in 10
    assert (bounds.start_seconds, bounds.seconds_per_epoch) == (0.0, 2.0)
    bounds.trained(TEN, 0.0, run_seconds=10.0)
    assert bounds.seconds_per_epoch == 2.0
    bounds = Bounds(30.0, None, steps_per_epoch=2, num_seeds=1)
    bounds.trained(FIVE, 10.0, run_seconds=nan)
    assert (bounds.start_seconds, bounds.seconds_per_epoch) == (0.0, 2.0)


def test_steps_of_all_seeds_are_counted():
    bounds = Bounds(None, 40, steps_per_epoch=2, num_seeds=2)
    bounds.trained(FIVE, 1.0, run_seconds=1.0)
    said = "10 epochs are not tried: 20 steps are taken, and it takes 24 of max_steps=40"
    assert bounds.exceeded_by(TEN, 1.0) == said
