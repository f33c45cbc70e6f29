"""docs/scale.md, its tables on paper, and benchmarks/scale_on_paper.py, which writes them."""

import re
import sys
from itertools import pairwise
from math import inf
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PAGE = (PROJECT / "docs/scale.md").read_text()
sys.path.insert(0, str(PROJECT / "benchmarks"))  # where the script finds its figures when it is run
try:
    import scale_figures as given
    import scale_on_paper as paper
finally:
    sys.path.pop(0)

LIKELY, SLOW, FAST = (given.figures(end) for end in given.ENDS)
WORKS = pytest.mark.parametrize("work", [paper.RESNET, paper.LANGUAGE], ids=["resnet", "language"])


@pytest.mark.parametrize("name", list(paper.tables()))
def test_the_page_has_the_table_of_the_script(name):
    found = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- end -->", PAGE, re.DOTALL)
    assert found
    assert found[1] == paper.tables()[name]


def test_one_gpu_sums_nothing():
    assert paper.all_reduce(1, 4e9, LIKELY) == 0


def test_a_large_all_reduce_is_twice_its_bytes_but_a_share_over_the_bandwidth():
    bandwidth = LIKELY["all-reduce in a machine"] * 1e9
    assert paper.all_reduce(2, 1e12, LIKELY) == pytest.approx(1e12 / bandwidth, rel=1e-4)
    assert paper.all_reduce(8, 1e12, LIKELY) == pytest.approx(2 * 7 / 8 * 1e12 / bandwidth, rel=1e-4)
    over = LIKELY["all-reduce over machines"] * 1e9
    assert paper.all_reduce(16, 1e12, LIKELY) == pytest.approx(2 * 15 / 16 * 1e12 / over, rel=1e-4)


def test_an_empty_all_reduce_takes_the_hops_of_a_ring_or_of_a_tree_if_that_is_shorter():
    assert paper.all_reduce(2, 0, LIKELY) == pytest.approx((14 + 2 * 1 * 1.25) / 1e6)
    assert paper.all_reduce(1024, 0, LIKELY) == pytest.approx((14 + 2 * (7 * 1.25 + 7 * 8.5)) / 1e6)


def test_an_all_reduce_grows_with_its_bytes_and_with_machines():
    of_bytes = [paper.all_reduce(64, size, LIKELY) for size in (0, 1e6, 1e8, 1e10)]
    of_gpus = [paper.all_reduce(2**power, 1e8, LIKELY) for power in range(12)]
    assert of_bytes == sorted(of_bytes)
    assert of_gpus == sorted(of_gpus)


@WORKS
@pytest.mark.parametrize("figures", [LIKELY, SLOW, FAST], ids=given.ENDS)
def test_an_epoch_on_more_gpus_has_fewer_steps_and_takes_no_longer_and_never_fewer_gpu_hours(work, figures):
    made = [paper.epoch(work, 2**power, work.largest, figures) for power in range(11)]
    steps, seconds = [each.steps for each in made], [each.seconds for each in made]
    assert steps == sorted(steps, reverse=True)
    assert seconds == sorted(seconds, reverse=True)
    assert all(2.0001 * later > before for before, later in pairwise(seconds))


@WORKS
def test_the_likely_figures_lie_between_their_ends(work):
    for gpus, batch in work.rows:
        fast, likely, slow = (paper.epoch(work, gpus, batch, each).seconds for each in (FAST, LIKELY, SLOW))
        assert fast <= likely <= slow
        fast, likely, slow = (paper.in_all(work, gpus, batch, each) for each in (FAST, LIKELY, SLOW))
        assert fast <= likely <= slow


@WORKS
def test_larger_batches_need_no_fewer_epochs_and_no_more_steps(work):
    batches = [2**power for power in range(8, 17)]
    counts = [paper.epochs(work, batch, LIKELY) for batch in batches]
    assert counts == sorted(counts)
    steps = [count * work.samples / batch for count, batch in zip(counts, batches, strict=True)]
    assert steps == sorted(steps, reverse=True)


def test_batches_beyond_those_published_have_no_count():
    assert paper.epochs(paper.RESNET, 67_841, LIKELY) == inf


def test_the_epochs_of_mlperfs_runs_are_those_of_its_batches():
    for gpus, (batch, _, reached) in given.MLPERF.items():
        assert paper.epochs(paper.RESNET, gpus * batch, LIKELY) == pytest.approx(reached, rel=0.05)


def test_runs_that_gave_no_figure_are_met_within_a_twentieth():
    rows = [line.split("|")[1:-1] for line in paper.check_table().splitlines()[2:]]
    others = [cells for cells in rows if "example" not in cells[0]]
    assert len(others) == 7
    assert all(abs(float(cells[3]) - 1) < 0.05 for cells in others)


@pytest.mark.parametrize(
    ("parts", "most"),
    [
        ({"compute": 9, "small steps": 1, "all-reduce": 0, "input": 0, "checkpoint": 1}, "compute"),
        ({"compute": 9, "small steps": 1, "all-reduce": 0, "input": 1, "checkpoint": 1}, "input"),
        ({"compute": 1, "small steps": 1, "all-reduce": 2, "input": 0, "checkpoint": 1}, "all-reduce"),
        ({"compute": 1, "small steps": 1, "all-reduce": 2, "input": 1, "checkpoint": 9}, "checkpoint"),
    ],
)
def test_what_binds_is_what_most_goes_to_and_input_where_it_is_waited_for(parts, most):
    assert paper.binds(parts) == most


def test_half_the_network_makes_the_all_reduce_of_small_steps_wait():
    wanting = {**LIKELY, "all-reduce over machines": SLOW["all-reduce over machines"]}
    assert 1e3 * paper.epoch(paper.LANGUAGE, 1024, 2_048, wanting).all_reduce == pytest.approx(102, abs=0.5)
    assert paper.epoch(paper.LANGUAGE, 1024, 2_048, wanting).parts["all-reduce"] > 400
    assert paper.epoch(paper.LANGUAGE, 1024, 2_048, LIKELY).parts["all-reduce"] < 5


def test_a_faster_epoch_is_not_a_shorter_training():
    for work, gpus, large, small in ((paper.RESNET, 64, 256, 51), (paper.LANGUAGE, 1024, 16_384, 2_048)):
        assert paper.epoch(work, gpus, large, LIKELY).seconds < paper.epoch(work, gpus, small, LIKELY).seconds
        assert paper.in_all(work, gpus, large, LIKELY) > paper.in_all(work, gpus, small, LIKELY)


def test_every_figure_has_a_unit_a_source_and_its_ends():
    assert all(figure.unit and len(figure.source) > 15 for figure in given.FIGURES.values())
    assert all(
        min(figure.slow, figure.fast) <= figure.likely <= max(figure.slow, figure.fast)
        for figure in given.FIGURES.values()
    )
