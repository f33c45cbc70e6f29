from pathlib import Path

from epochwise.report.report_run import ReportRun
from epochwise.report.seed_groups import seed_groups


def run(seed, losses=(1.0, 0.5), lr=0.1, split_seed=0):
    settings = {"seed": seed, "data": {"order_seed": seed, "split_seed": split_seed}, "optimizer": {"lr": lr}}
    rows = [{"epoch": epoch, "val/loss": loss} for epoch, loss in enumerate(losses)]
    return ReportRun(str(seed), Path("epochs.csv"), rows, "val/loss", "min", settings=settings)


def test_runs_that_differ_by_their_seed_only_are_one_group():
    assert [group.runs for group in seed_groups([run(0), run(1), run(0, lr=0.2), run(2)])] == [(0, 1, 3)]


def test_another_cut_of_the_data_is_another_setting():
    assert seed_groups([run(0), run(1, split_seed=5)]) == []


def test_the_same_seed_twice_and_runs_without_a_config_are_no_group():
    bare = ReportRun("x", Path("epochs.csv"), [], "val/loss", "min")
    assert seed_groups([run(0), run(0), bare, bare]) == []


def test_mean_and_spread_are_over_the_runs_that_have_the_epoch():
    (group,) = seed_groups([run(0, (1.0, 0.5, 0.1)), run(1, (3.0, float("nan")))])
    assert group.columns["val/loss"] == {"mean": [2.0, None, None], "std": [2.0**0.5, None, None]}
