"""Fine-tuning runs of any settings, killed at any step, beside the ones that were left alone."""

import os
import random
import signal
from functools import partial
from itertools import count

import pytest

from epochwise.task.classification import Classification

from tests.faults.finetune_draws import drawn_kill, drawn_settings
from tests.faults.runs import end, start
from tests.outcome import differences, outcome

pytestmark = pytest.mark.faults
NUM_DRAWS = int(os.environ.get("NUM_DRAWS", "60"))


def kill_at(hook: str, call: int) -> None:
    """Let this process be killed as its task comes to a call of a hook."""
    hooked, calls = getattr(Classification, hook), count()

    def killed(self, *args, **kwargs):
        if not self.trainer.sanity_checking and next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return hooked(self, *args, **kwargs)

    setattr(Classification, hook, killed)


@pytest.mark.parametrize("seed", range(NUM_DRAWS))
def test_a_finetuning_run_of_any_settings_killed_anywhere_ends_as_the_one_left_alone(tmp_path, composed, seed):
    for attempt in count():
        chance = random.Random(f"{seed} {attempt}")
        settings, whole = drawn_settings(chance), tmp_path / f"whole{attempt}"
        code, said = end(start(composed, whole, *settings)), whole.with_suffix(".stderr")
        if code == 0:
            break
        assert (code, len(said.read_text().splitlines())) == (2, 1), f"{settings}\n{said.read_text()}"
    folder, kills = tmp_path / "killed", [drawn_kill(chance) for _ in range(chance.choice((1, 1, 2, 3)))]
    for kill in kills:
        assert end(start(composed, folder, *settings, prepare=partial(kill_at, *kill))) in (0, -signal.SIGKILL)
    assert end(start(composed, folder, *settings)) == 0, folder.with_suffix(".stderr").read_text()
    unlike = differences(outcome(folder), outcome(whole))
    assert unlike == [], f"{' '.join(settings)}, killed at {kills}"
