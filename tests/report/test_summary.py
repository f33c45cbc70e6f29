from datetime import datetime
from pathlib import Path

import numpy as np
from rich.console import Console

from epochwise.epochs.analysis import ReplayTable
from epochwise.report.document import find_out, make_document
from epochwise.report.read_runs import ReportRun
from epochwise.report.summary import summarise, summary_table


def run(name="a", seed=0, epochs=30):
    rows = [{"epoch": e, "val/loss": 1 + 0.8**e + (e > 15) * (e - 15) * 0.02, "seconds": 1.0} for e in range(epochs)]
    return ReportRun(name, Path("epochs.csv"), rows, "val/loss", "min", settings={"seed": seed})


def document_of(*runs, replays=None):
    return make_document("title", runs, [find_out(one, replays) for one in runs], datetime(2026, 1, 31))


def test_one_run_is_nine_lines_at_most_however_many_settings_are_replayed():
    replays = ReplayTable(patience=list(range(1, 21)), min_delta=[0.0, 0.1])
    lines = summarise(document_of(run(), replays=replays)["runs"][0])
    assert len(lines) <= 9
    assert lines["verdict"].startswith("overfitting: ")
    assert lines["replay"].startswith("patience 1 min_delta 0: 17 epochs · ")
    assert lines[""].endswith("and 32 more")


def test_what_tells_replayed_settings_apart_is_said():
    replays = ReplayTable(patience=[3], start_epoch=[0, 5])
    lines = summarise(document_of(run(), replays=replays)["runs"][0])
    assert "patience 3 start_epoch 0: " in lines["replay"]
    assert "patience 3 start_epoch 5: " in lines["replay"]


def test_a_gain_that_is_a_fraction_of_the_best_is_said_to_be_one():
    replays = ReplayTable(patience=[3], min_delta=[0.1], min_delta_mode="rel")
    lines = summarise(document_of(run(), replays=replays)["runs"][0])
    assert lines["replay"].startswith("patience 3 min_delta 0.1 of the best: ")


def test_several_runs_are_a_table_of_ten_lines_at_most_with_mean_and_spread_over_seeds():
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary_table(document_of(*(run(f"run [{seed}]", seed) for seed in range(12)))))
    lines = capture.get().splitlines()
    assert len(lines) <= 10
    assert lines[1].startswith("run [0]")
    assert "mean ± std" in lines[-1]


def test_names_are_whole_however_narrow_the_terminal_is():
    names = [f"digits-mlp/2026-11-30_06-41-36-42763{number}" for number in range(3)]
    console = Console(width=80)
    with console.capture() as capture:
        console.print(summary_table(document_of(*(run(name, seed) for seed, name in enumerate(names)))))
    cells = "".join(line[: capture.get().index("epochs")] for line in capture.get().splitlines()[1:])
    assert all(name in cells.replace(" ", "") for name in names)


def test_a_best_score_is_told_with_the_digits_that_tell_it_from_the_others():
    losses = [0.00135, 0.00071, 0.00049, 0.000487, 0.0004872, 0.00051]
    rows = [{"epoch": epoch, "val/loss": loss} for epoch, loss in enumerate(losses)]
    document = document_of(ReportRun("log.csv", Path("log.csv"), rows, "val/loss", "min"))
    assert summarise(document["runs"][0])["best epoch"].endswith("(val/loss 0.0004870)")
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary_table(document))
    assert " 0.0004870 " in capture.get()


def test_a_long_look_ahead_is_told_by_all_of_its_epochs():
    rows = [{"epoch": e, "val/loss": 1 + np.exp(-e / 900)} for e in range(3000)]
    document = document_of(ReportRun("log.csv", Path("log.csv"), rows, "val/loss", "min"))
    assert summarise(document["runs"][0])["more epochs"].startswith("1,500 more would gain ")


def test_of_another_tools_table_words_say_what_settles_a_count_whose_schedule_ended():
    rows = [{"epoch": e, "val/loss": 1 + 0.9**e, "lr": 0.1 * (1 - e / 11)} for e in range(12)]
    document = document_of(ReportRun("log.csv", Path("log.csv"), rows, "val/loss", "min"))
    lines = summarise(document["runs"][0])
    assert lines["next time"] == "at least 12 epochs: its schedule ended"
    assert lines["try"] == "several counts, each with a schedule of its own: their scores settle it"
    assert lines["more epochs"].startswith("no forecast: the learning rate ")
    console = Console(width=120)
    with console.capture() as capture:
        console.print(summary_table(document))
    assert ">= 12" in capture.get()
