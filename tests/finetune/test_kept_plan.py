import pytest
from torch import nn

from epochwise.finetune.applied_plan import kept_plan
from epochwise.finetune.plan import Plan
from epochwise.input_error import InputError

GOOD = {"scores": {0: 1.5, 1: 1.25}, "began": {1: 2}, "told_start": 2}


@pytest.fixture
def plan():
    network = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    return Plan([{"at_epoch": 0, "unfreeze": "head"}, {"after": "plateau", "unfreeze": "all"}]).bind(network, 5)


def test_what_a_plan_keeps_is_taken_over(plan):
    assert kept_plan(GOOD, plan) == ({0: 1.5, 1: 1.25}, {1: 2}, 2)


@pytest.mark.parametrize(
    "state",
    [
        None,
        {},
        GOOD | {"scores": [1.5]},
        GOOD | {"scores": {0: "low"}},
        GOOD | {"scores": {-1: 1.5}},
        GOOD | {"told_start": "soon"},
        GOOD | {"began": None},
    ],
)
def test_what_no_run_writes_is_an_error(plan, state):
    with pytest.raises(InputError, match="finetune: what the checkpoint keeps of the plan is not what a run writes"):
        kept_plan(state, plan)


@pytest.mark.parametrize("began", [{0: 2}, {7: 2}, {"1": 2}, {1: True}])
def test_a_plan_that_was_another_one_is_an_error(plan, began):
    with pytest.raises(InputError, match=r"phases: .* that wait for one are \[1\]: go on with the phases that the run"):
        kept_plan(GOOD | {"began": began}, plan)
