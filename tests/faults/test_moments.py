"""Runs that are killed, or asked to end, at each moment at which they do something to a file."""

import os
import shutil
import signal
from functools import partial

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


@pytest.mark.parametrize("name", CONFIGS)
def test_a_run_killed_at_any_moment_of_its_files_ends_as_the_one_left_alone(tmp_path, composed, name):
    runs, found = Runs(tmp_path, composed, CONFIGS[name]), {}
    for index, moment in enumerate(runs.moments):
        assert runs.live(tmp_path / f"run{index}", index)[0] == -KILL, moment
        if faults := runs.finish(tmp_path / f"run{index}"):
            found[f"{index} {moment}"] = faults
    assert found == {}


def test_a_run_killed_again_at_any_moment_of_going_on_ends_as_the_one_left_alone(tmp_path, composed):
    runs, found = Runs(tmp_path, composed, EACH_STEP), {}
    twice = tmp_path / "twice"
    for behind in ("best.ckpt", "last.ckpt"):  # both lives leave event files, which the next one joins
        assert runs.live(twice, f"after replace checkpoints/{behind}")[0] == -KILL
    shutil.copytree(twice, tmp_path / "left")
    moments = runs.live(tmp_path / "left")[1]
    for index, moment in enumerate(moments):
        folder = tmp_path / f"run{index}"
        shutil.copytree(twice, folder)
        assert runs.live(folder, index)[0] == -KILL, moment
        if faults := runs.finish(folder):
            found[f"{index} {moment}"] = faults
    assert found == {}


def test_a_run_asked_to_end_at_any_moment_of_its_files_says_so_and_goes_on(tmp_path, composed):
    runs, found = Runs(tmp_path, composed, EACH_STEP), {}
    for index, moment in enumerate(runs.moments):
        folder, signum = tmp_path / f"run{index}", SIGNALS[index % len(SIGNALS)]
        code, _ = runs.live(folder, index, signum)
        result = folder / "result.json"
        status = "interrupted" if code else "completed"
        begun = (folder / "config.yaml").exists()
        if code not in (0, 128 + signum):
            found[f"{index} {moment}, {signum.name}"] = code
        elif begun and f'"status": "{status}"' not in (result.read_text() if result.exists() else ""):
            found[f"{index} {moment}, {signum.name}"] = [code, result.exists() and result.read_text()[:100]]
        elif faults := runs.finish(folder):
            found[f"{index} {moment}, {signum.name}"] = faults
    assert found == {}
