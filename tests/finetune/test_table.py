import numpy as np
import pytest

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.table import phase_line, table, table_lines
from epochwise.model.mlp import MLP

PHASES = [{"at_epoch": 0, "unfreeze": "head"}, {"at_epoch": 2, "unfreeze": "body"}, {"at_epoch": 3, "freeze": "head"}]


def laid_out(rates, phases=PHASES, lr_decay=0.5):
    return table(
        BoundPlan(MLP((8,), 3, [4]), 4, phases, (), None, lr_decay, {}), None if rates is None else np.array(rates)
    )


def test_it_says_for_each_epoch_and_group_who_trains_with_how_many_parameters_at_what_rate():
    found = laid_out([0.1, 0.1, 0.1, 0.01])
    assert found["groups"] == {
        "body": {"parameters": 36, "lr_scale": 0.5},
        "head": {"parameters": 15, "lr_scale": 1.0},
    }
    assert [one["parameters"] for one in found["epochs"]] == [15, 15, 51, 36]
    assert [one["lr"] for one in found["epochs"]] == [
        {"body": None, "head": 0.1},
        {"body": None, "head": 0.1},
        {"body": 0.05, "head": 0.1},
        {"body": pytest.approx(0.005), "head": None},
    ]


def test_epochs_that_are_alike_are_one_row():
    assert [line.split() for line in table_lines(laid_out([0.1, 0.1, 0.1, 0.01]))] == [
        ["epochs", "body", "(36)", "head", "(15)"],
        ["0-1", "frozen", "0.1"],
        ["2", "0.05", "0.1"],
        ["3", "0.005", "frozen"],
    ]


def test_a_rate_that_follows_the_scores_is_told_as_a_factor():
    assert table_lines(laid_out(None))[-1].split() == ["3", "x", "0.5", "frozen"]


def test_a_plateau_that_is_waited_for_is_told():
    phases = [PHASES[0], {"after": "plateau", "unfreeze": "body"}]
    assert table_lines(laid_out(None, phases))[-1] == "a phase waits for a plateau: it may begin earlier"
    assert phase_line(laid_out(None, phases)) == "head from epoch 0, or earlier at a plateau"


def test_a_line_says_when_who_begins_and_ends():
    assert phase_line(laid_out(None)) == "head from epoch 0, body from epoch 2, head until epoch 2"
