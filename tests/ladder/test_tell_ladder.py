import numpy as np
import pytest
from rich.console import Console

from epochwise.ladder.counts_document import counts_document
from epochwise.ladder.tell_ladder import counts_lines, counts_table, tell_ladder

from tests.ladder.example_ladder import example_ladder, found_of


def document_of(ladder):
    return counts_document(ladder, found_of(ladder))


def test_the_table_marks_the_recommended_count_and_says_what_each_cost():
    console = Console(width=200)
    with console.capture() as said:
        console.print(counts_table(document_of(example_ladder())))
    lines = [line.split() for line in said.get().splitlines()]
    assert lines[0][:4] == ["epochs", "steps", "seconds", "val/loss"]
    assert lines[1][:3] == ["5", "50", "1"]
    assert lines[3][:4] == ["*", "20", "200", "0.3200"]
    assert lines[3][-3:] == ["13", "epochs", "0.8400"]


def test_lines_begin_with_the_answer_and_end_with_the_command_that_trains_it():
    ladder = example_ladder(test={"accuracy": [0.9, 0.94]})
    shared = ["optimizer.lr=0.1", "report=false", "~callbacks.model_summary"]
    lines = counts_lines(document_of(ladder), "a doubling gained less than its noise", shared)
    assert next(iter(lines)) == "recommended"
    assert lines["recommended"].startswith("20 epochs (val/loss")
    assert lines["ended"] == "a doubling gained less than its noise"
    assert lines["test"] == "accuracy 0.9200 ± 0.0200"
    assert lines["failed"] == "epochs-10-seed-7: RuntimeError: out of memory"
    assert lines["next"] == "python epochs.py optimizer.lr=0.1 counts=5,10,20,40 seeds=0,7"  # the best is the last


@pytest.mark.parametrize("schedule", ["wsd", "wsd_long"])
def test_where_the_ladder_has_settled_it_the_command_trains_the_count_with_the_schedule_that_was_measured(schedule):
    level = example_ladder(scores=np.array([[0.9, 0.3, 0.3], [1.0, 0.34, 0.34]]))
    chosen = [f"scheduler={schedule}"] if schedule != "wsd" else []
    lines = counts_lines(document_of(level), None, chosen)
    assert lines["next"] == f"python train.py scheduler={schedule} stopping=none trainer.max_epochs=10"


def test_a_ladder_of_a_run_that_ended_too_early_is_asked_again_as_it_was_typed_with_more_counts():
    words = ["run=outputs/mine", "optimizer.lr=0.1"]
    assert counts_lines(document_of(example_ladder()), None, words)["next"] == (
        "python epochs.py run=outputs/mine optimizer.lr=0.1 counts=5,10,20,40 seeds=0,7"
    )
    level = example_ladder(scores=np.array([[0.9, 0.3, 0.3], [1.0, 0.34, 0.34]]))
    assert "next" not in counts_lines(document_of(level), None, words)  # the run is there


def test_what_is_told_names_the_files(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ladder = example_ladder()
    tell_ladder(ladder, found_of(ladder), tmp_path, None, None, [])
    said = capsys.readouterr().out
    assert "counts.csv" in said
    assert "counts.png" in said
