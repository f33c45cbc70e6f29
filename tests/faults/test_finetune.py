"""Fine-tuning runs cut off in any phase, with any optimizer and schedule, beside the one that was left alone."""

import pytest

from tests.finetune.cut_off import OPTIMIZERS, POINTS, SCHEDULES, cut_and_resumed, settings, whole_run
from tests.outcome import differences

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def wholes(tmp_path_factory, composed):
    made = {}

    def whole(name):
        if name not in made:
            made[name] = whole_run(tmp_path_factory.mktemp("whole") / "run", composed, settings(*name))
        return made[name]

    return whole


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"epoch {point[0]}, {point[1]}")
@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_run_cut_off_anywhere_ends_as_the_uninterrupted_one(tmp_path, composed, wholes, optimizer, schedule, point):
    whole = wholes((optimizer, schedule))
    resumed = cut_and_resumed(tmp_path / "run", composed, settings(optimizer, schedule), point)
    assert differences(resumed, whole) == []
