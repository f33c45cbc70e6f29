from functools import partial

import pytest
import torch

from epochwise.finetune.phases import read_phases, starts, trainable_at
from epochwise.input_error import InputError

STAGES = {"stem": ["stem.w"], "body": ["body.w", "body.b"], "head": ["head.w"]}
SGD = partial(torch.optim.SGD, lr=0.1)
PLAN = [
    {"at_epoch": 0, "unfreeze": "head"},
    {"at_epoch": 2, "unfreeze": "body"},
    {"at_epoch": 5, "unfreeze": "stem", "freeze": ["body"]},
]


def read(*phases, frozen=()):
    return read_phases(phases, frozenset(frozen), STAGES, "finetune.phases")


@pytest.mark.parametrize(
    ("epoch", "expected"),
    [
        (0, {"head.w"}),
        (1, {"head.w"}),
        (2, {"head.w", "body.w", "body.b"}),
        (4, {"head.w", "body.w", "body.b"}),
        (5, {"head.w", "stem.w"}),
        (99, {"head.w", "stem.w"}),
    ],
)
def test_what_trains_is_a_function_of_the_epoch(epoch, expected):
    phases = read(*PLAN)
    assert trainable_at(epoch, phases, starts(phases, {})) == expected


def test_what_is_frozen_for_good_trains_in_no_phase():
    phases = read({"at_epoch": 0, "unfreeze": "all"}, frozen=["stem.w"])
    assert trainable_at(0, phases, starts(phases, {})) == {"body.w", "body.b", "head.w"}


def test_a_phase_that_waits_begins_where_the_score_levels_off_and_at_the_latest_with_the_next_epoch():
    phases = read(
        {"at_epoch": 0, "unfreeze": "head"},
        {"after": "plateau", "unfreeze": "body"},
        {"at_epoch": 8, "unfreeze": "stem"},
    )
    assert starts(phases, {}) == [0, 8, 8]
    assert starts(phases, {1: 3}) == [0, 3, 8]
    assert starts(phases[:2], {}) == [0, None]
    assert trainable_at(50, phases[:2], [0, None]) == {"head.w"}


@pytest.mark.parametrize(
    ("phases", "line"),
    [
        ([], r"finetune.phases: got \(\), allowed: a list of phases, the first with at_epoch: 0"),
        ([{"at_epoch": 1, "unfreeze": "head"}], "phases.0.at_epoch: got 1, allowed: 0 for the first phase"),
        ([{"at_epoch": -1, "unfreeze": "head"}], "at_epoch: got -1, allowed: a number from 0"),
        ([{"at_epoch": True, "unfreeze": "head"}], "at_epoch: got True, allowed: a number from 0"),
        ([{"at_epoch": 0, "unfrezze": "head"}], "phases.0.unfrezze: unknown key, .*; did you mean 'unfreeze'"),
        ([{"at_epoch": 0}], "phases.0: nothing changes; it needs unfreeze, freeze, optimizer or scheduler"),
        ([{"unfreeze": "head"}], "phases.0: it needs either at_epoch, a number from 0, or after: plateau"),
        ([{"at_epoch": 0, "after": "plateau", "unfreeze": "head"}], "it needs either at_epoch"),
        ([{"after": "plateau", "unfreeze": "head"}], "the first phase waits for nothing: at_epoch: 0"),
        ([PLAN[0], {"after": "rain", "unfreeze": "body"}], "phases.1.after: got 'rain', allowed: plateau"),
        ([PLAN[0], PLAN[1], PLAN[1]], "phases.2.at_epoch: got 2, allowed: above 2"),
        ([PLAN[0], {"at_epoch": 2, "unfreeze": "head"}], "phases.1: changes nothing"),
        ([PLAN[0], {"at_epoch": 2, "freeze": "head"}], "phases.1: nothing would train from there on"),
        ([PLAN[0], {"at_epoch": 2, "unfreeze": "bdoy"}], "phases.1.unfreeze: 'bdoy' matches no parameter"),
        (
            [{**PLAN[0], "optimizer": SGD}],
            "phases.0.optimizer: the first phase has the run's own; .*: optimizer=... be",
        ),
        ([PLAN[0], {"at_epoch": 2, "optimizer": "sgd"}], "phases.1.optimizer: got 'sgd', allowed: a node as in conf/o"),
        ([PLAN[0], {"at_epoch": 2, "unfreeze": "head", "optimizer": SGD}], "phases.1: changes nothing: what it names"),
        ([PLAN[0], {"at_epoch": 2, "schedule": SGD}], "phases.1.schedule: unknown key, .*; did you mean 'scheduler'"),
        (["head"], "phases.0: got 'head', allowed: a mapping of at_epoch, after, unfreeze, freeze"),
    ],
)
def test_a_plan_that_cannot_be_meant_is_an_error_that_says_where(phases, line):
    with pytest.raises(InputError, match=line):
        read(*phases)
