"""Runs that are killed, or asked to end, at each moment at which they do something to a file."""

import os
import shutil
import signal
from functools import cache, partial

import pytest

from epochwise.run.end_signals import SIGNALS

from tests.faults.file_moments import at_moment
from tests.faults.runs import end, start
from tests.outcome import differences, outcome

pytestmark = pytest.mark.faults

EACH_STEP = ["trainer.max_epochs=2", "trainer.limit_train_batches=2", "callbacks.last_checkpoint.every_n_steps=1"]
CONFIGS = {
    "each step": EACH_STEP,
    "validated within an epoch": [*EACH_STEP, "trainer.val_check_interval=1", "trainer.log_every_n_steps=3"],
    "cooled down": ["trainer.max_epochs=4", "trainer.limit_train_batches=1", "stopping=adaptive", "scheduler=wsd"],
}
KILL = int(signal.SIGKILL)
PARTS = 8  # of the moments, to be held in parallel


def told(signum: int) -> None:
    os.kill(os.getpid(), signum)


class Runs:
    """Runs of one configuration, each beside the one that was left alone."""

    def __init__(self, place, composed, settings):
        self.place, self.composed, self.settings = place, composed, settings
        code, self.moments = self.live(place / "whole")
        assert code == 0, (place / "whole.stderr").read_text()
        self.expected = outcome(place / "whole")

    def live(self, folder, which=None, signum=KILL):
        """Begin or continue a run, and end it at a moment: its exit code and its moments."""
        log = folder.with_suffix(".moments")
        prepare = partial(at_moment, folder, which, partial(told, signum), log)
        code = end(start(self.composed, folder, *self.settings, prepare=prepare))
        return code, log.read_text().splitlines()

    def finish(self, folder):
        """Continue; what is otherwise than in the run that was left alone."""
        if self.live(folder)[0] != 0:
            return folder.with_suffix(".stderr").read_text().splitlines()[-3:]
        left = [path.name for path in folder.rglob(".*") if path.is_file()]
        unlike = differences(outcome(folder), self.expected)
        shutil.rmtree(folder)
        return unlike + left


@pytest.fixture(scope="module")
def runs(tmp_path_factory, composed):
    """name -> the runs of that configuration."""
    return cache(lambda name: Runs(tmp_path_factory.mktemp("runs"), composed, CONFIGS[name]))


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_killed_at_any_moment_of_its_files_ends_as_the_one_left_alone(runs, tmp_path, name, part):
    for index, moment in list(enumerate(runs(name).moments))[part::PARTS]:
        folder = tmp_path / f"run{index}"
        assert runs(name).live(folder, moment)[0] == -KILL, moment
        assert runs(name).finish(folder) == [], f"{index} {moment}"


@pytest.fixture(scope="module")
def killed_twice(runs, tmp_path_factory):
    """A run of which two lives have left event files, which the next one joins; and the moments of that one."""
    folder = tmp_path_factory.mktemp("killed_twice")
    for behind in ("best.ckpt", "last.ckpt"):
        assert runs("each step").live(folder / "run", f"after replace checkpoints/{behind} #1")[0] == -KILL
    shutil.copytree(folder / "run", folder / "left_alone")
    return folder / "run", runs("each step").live(folder / "left_alone")[1]


@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_killed_again_at_any_moment_of_going_on_ends_as_the_one_left_alone(runs, killed_twice, tmp_path, part):
    for index, moment in list(enumerate(killed_twice[1]))[part::PARTS]:
        folder = tmp_path / f"run{index}"
        shutil.copytree(killed_twice[0], folder)
        assert runs("each step").live(folder, moment)[0] == -KILL, moment
        assert runs("each step").finish(folder) == [], f"{index} {moment}"


@pytest.mark.parametrize("part", range(PARTS))
def test_a_run_asked_to_end_at_any_moment_of_its_files_says_so_and_goes_on(runs, tmp_path, part):
    for index, moment in list(enumerate(runs("each step").moments))[part::PARTS]:
        folder, signum = tmp_path / f"run{index}", SIGNALS[index % len(SIGNALS)]
        code, _ = runs("each step").live(folder, moment, signum)
        assert code in (0, 128 + signum), moment
        if (folder / "config.yaml").exists():
            result = folder / "result.json"
            assert result.exists(), moment
            assert f'"status": "{"interrupted" if code else "completed"}"' in result.read_text(), moment
        assert runs("each step").finish(folder) == [], f"{index} {moment}"
