"""What the command line of epochs.py may say in its own way."""

import pytest

from epochwise.command_line.arguments import epochs_words
from epochwise.input_error import InputError


@pytest.mark.parametrize(
    ("word", "made"),
    [
        ("counts=5,10,20", "counts=[5,10,20]"),
        ("counts=5", "counts=[5]"),
        ("counts=[5,10]", "counts=[5,10]"),
        ("seeds=0,2", "seeds=[0,2]"),
        ("seeds=3", "seeds=3"),
        ("trainer.max_epochs=80", "counts=[5,10,20,40,80]"),
        ("trainer.max_epochs=nine", "trainer.max_epochs=nine"),
        ("model=cnn", "model=cnn"),
    ],
)
def test_lists_need_no_brackets_and_a_last_count_is_a_ladder_up_to_it(word, made):
    assert epochs_words([word]) == [made]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["counts=5,10", "trainer.max_epochs=80"],
            "trainer.max_epochs=80: each of the counts has its own; leave it out",
        ),
        (["-m"], "--multirun: epochs.py runs a job for each count and seed already; one setting at a time"),
    ],
)
def test_two_ways_to_say_how_many_runs_are_refused(words, line):
    with pytest.raises(InputError) as refused:
        epochs_words(words)
    assert refused.value.lines == (line,)


def test_a_single_job_keeps_its_own_count():
    words = ["trainer.max_epochs=4", "hydra.mode=RUN"]
    assert epochs_words(words) == words
