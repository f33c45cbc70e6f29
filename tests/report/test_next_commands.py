from pathlib import Path

import pytest

from epochwise.report.terminal import next_commands

ADVICE = [{"override": "optimizer.lr=0.01", "reason": "why"}]


def found(advice=ADVICE, at_least=False, ended=False):
    count = {"value": 12, "low": 12, "high": 12, "at_least": at_least}
    return {"verdict": {"advice": advice}, "recommended_epochs": count, "schedule_end": {"ended": ended}}


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("train.py model=cnn optimizer.lr=0.1", "python train.py model=cnn optimizer.lr=0.01"),
        ("train.py +callbacks=ema hydra.run.dir=out resume=auto", "python train.py +callbacks=ema optimizer.lr=0.01"),
        ("train.py 'name=my run'", "python train.py 'name=my run' optimizer.lr=0.01"),
    ],
)
def test_advice_is_the_runs_own_command_line_with_one_thing_changed(command, expected):
    (one,) = next_commands({"command": command}, Path("out"), found(), runs_here=True)
    assert one == {"command": expected, "reason": "why"}


def test_seeds_are_swept():
    advice = [{"override": "-m seed=0,1,2", "reason": "why"}]
    (one,) = next_commands({"command": "train.py seed=3 model=cnn"}, Path("out"), found(advice), runs_here=True)
    assert one["command"] == "python train.py model=cnn -m seed=0,1,2"


def test_an_interrupted_run_is_first_gone_on_with():
    first, second = next_commands({"status": "interrupted", "command": "train.py"}, Path("my out"), found(), True)
    assert first["command"] == "python train.py run='my out'"
    assert second["command"] == "python train.py optimizer.lr=0.01"


def test_another_tools_run_has_no_commands_of_ours():
    assert next_commands({}, Path("out"), found(), runs_here=False) == []


@pytest.mark.parametrize(
    "command",
    [
        "train.py --config-path=/x --config-name=config",  # a run that was continued
        "-c",
        "train.py 'unclosed",
        None,
    ],
)
def test_nothing_is_said_to_be_tried_that_is_no_command(command):
    assert next_commands({"command": command}, Path("out"), found(), runs_here=True) == []


def test_a_budget_makes_way_for_a_number_of_epochs():
    advice = [{"override": "trainer.max_epochs=8", "reason": "why"}]
    (one,) = next_commands({"command": "train.py 'budget=20 steps' seed=1"}, Path("out"), found(advice), runs_here=True)
    assert one["command"] == "python train.py seed=1 trainer.max_epochs=8"


def test_a_count_whose_schedule_ended_is_settled_by_the_scores_of_several_counts():
    first, second = next_commands({"command": "train.py"}, Path("my out"), found(at_least=True, ended=True), True)
    assert first["command"] == "python epochs.py run='my out'"
    assert second["command"] == "python train.py optimizer.lr=0.01"
    assert len(next_commands({"command": "train.py"}, Path("out"), found(at_least=True), True)) == 1  # it only improves
    assert next_commands({}, Path("out"), found(at_least=True, ended=True), runs_here=False) == []


def test_a_run_whose_phases_begin_schedules_is_not_sent_to_the_ladder_that_takes_one():
    unsettled = found(at_least=True, ended=True)
    plans = [{"finetune": {"optimizers": lines}} for lines in ([], ["from epoch 2: SGD, lr 0.02"])]
    ladders = [
        [one for one in next_commands({"plan": plan}, Path("out"), unsettled, True) if "epochs.py" in one["command"]]
        for plan in plans
    ]
    assert [len(each) for each in ladders] == [1, 0]
