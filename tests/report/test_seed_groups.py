from pathlib import Path

from epochwise.report.read_runs import ReportRun
from epochwise.report.seed_groups import seed_groups


def run(seed, losses=(1.0, 0.5), lr=0.1, split_seed=0, rates=None):
    settings = {"seed": seed, "data": {"order_seed": seed, "split_seed": split_seed}, "optimizer": {"lr": lr}}
    rows = [{"epoch": epoch, "val/loss": loss} for epoch, loss in enumerate(losses)]
    rows = [row | ({"lr": rates[index]} if rates else {}) for index, row in enumerate(rows)]
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


def fold(number, counts, losses=(1.0, 0.5, 0.7), **splitter):
    settings = {"data": {"fold": number, "splitter": {"n_splits": 2, **splitter}}, "spec": {"class_counts": counts}}
    settings["task"] = {"class_counts": counts}
    rows = [{"epoch": epoch, "val/loss": loss} for epoch, loss in enumerate(losses)]
    return ReportRun(str(number), Path("epochs.csv"), rows, "val/loss", "min", settings=settings)


def test_folds_are_one_group_whatever_their_classes_count():
    (group,) = seed_groups([fold(0, [121, 119]), fold(1, [122, 118])])
    assert (group.by, group.runs) == ("data.fold", (0, 1))


def test_folds_of_another_task_are_another_group():
    balanced = fold(1, [122, 118])
    balanced.settings["task"]["class_counts"] = [1, 1]
    assert seed_groups([fold(0, [121, 119]), balanced]) == []


def test_the_recommended_count_has_the_best_mean_and_ends_within_one_standard_error():
    losses = [(1.0, 0.50, 0.7, 0.65), (1.2, 0.60, 0.4, 0.65)]
    (group,) = seed_groups([run(seed, own) for seed, own in enumerate(losses)])
    assert group.recommended_epochs == {
        "value": 2,
        "low": 2,
        "high": 3,
        "at_least": False,
    }  # 0.55, standard error 0.05; 0.55; 0.65
    (group,) = seed_groups([run(0, (1.0, float("nan"))), run(1, (float("nan"), 0.5))])
    assert group.recommended_epochs is None


def test_cutting_the_same_samples_again_does_not_narrow_the_standard_error():
    cuts = [(1.0, 0.50, 0.54), (1.0, 0.60, 0.66)] * 3
    folds = [fold(number, [5, 5], own, n_repeats=3) for number, own in enumerate(cuts)]
    (group,) = seed_groups(folds)
    assert group.recommended_epochs == {
        "value": 2,
        "low": 2,
        "high": 3,
        "at_least": False,
    }  # 0.05 off 0.55; over six it would be 0.02


def test_seeds_whose_schedules_ended_while_they_gained_have_a_least_count_of_all_their_epochs():
    losses, rates = [0.9**epoch for epoch in range(10)] + [0.34, 0.34], [1 - epoch / 11 for epoch in range(12)]
    (group,) = seed_groups([run(seed, losses, rates=rates) for seed in range(3)])
    assert group.recommended_epochs == {"value": 12, "low": 12, "high": 12, "at_least": True}
    (group,) = seed_groups([run(seed, losses, rates=[1.0] * 12) for seed in range(3)])
    assert group.recommended_epochs["at_least"] is False
