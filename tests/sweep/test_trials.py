"""Who gets which trial, and what becomes of those whose process is gone."""

import os
import subprocess
import sys

import optuna
import pytest
from omegaconf import OmegaConf
from optuna.trial import TrialState

from epochwise.input_error import InputError
from epochwise.sweep.job import JobRecord
from epochwise.sweep.space import Space
from epochwise.sweep.trials import Trials, open_study, open_trial

SAMPLER = OmegaConf.create({"_target_": "optuna.samplers.RandomSampler", "seed": 0})
GRID = OmegaConf.create({"_target_": "optuna.samplers.BruteForceSampler", "seed": 0})
CONFIG = OmegaConf.create({"lr": 0.1})
SPACE = Space({"lr": "interval(0.1,1)"}, lambda files: CONFIG, lambda group: [])
ASK = """
import sys
sys.path[:0] = [{project!r}]
from tests.sweep.test_trials import SPACE, trials
mine = trials({folder!r}, n_trials=14)
while batch := mine.ask(SPACE, 1):
    for trial, drawn in batch:
        print(trial.number, *drawn, flush=True)
        mine.study.tell(trial, 1.0)
"""


def trials(folder, sampler=SAMPLER, n_trials=10):
    storage = f"sqlite:///{folder}/study.db"
    return Trials(open_study(storage, "study", "min"), storage, folder, sampler, n_trials)


def ends(folder, score=0.5, status="finished", reason=None):
    """A launch whose trials leave what a run leaves."""

    def launch(batch):
        for trial, drawn in batch:
            place = folder / f"trial-{trial.number}"
            place.mkdir()
            JobRecord(trial.number, drawn, status, reason).write(place)
            (place / "result.json").write_text(f'{{"best_score": {score}}}')

    return launch


def test_a_finished_run_is_told_and_a_failed_one_ends_its_trial_alone(tmp_path):
    mine = trials(tmp_path)
    mine.run(mine.ask(SPACE, 1), ends(tmp_path))
    mine.run(mine.ask(SPACE, 1), ends(tmp_path, "null", "failed", "out of memory"))
    done, failed = mine.study.trials
    assert (done.state, done.value) == (TrialState.COMPLETE, 0.5)
    assert (failed.state, failed.user_attrs["reason"]) == (TrialState.FAIL, "out of memory")
    assert mine.counts() == "1 complete, 1 fail"


def test_a_trial_that_was_pruned_is_told_so(tmp_path):
    mine = trials(tmp_path)
    mine.study.set_user_attr("pruner", {"_target_": "optuna.pruners.ThresholdPruner", "upper": 1.0})
    batch = mine.ask(SPACE, 1)
    told = open_trial(mine.storage, "study", 0)
    told.report(0.9, 1)
    assert not told.should_prune()
    told.report(2.0, 2)
    assert told.should_prune()
    told.set_user_attr("pruned_after_epochs", 2)
    mine.run(batch, ends(tmp_path))
    assert mine.study.trials[0].state == TrialState.PRUNED


def test_a_killed_process_loses_its_running_trial_alone_and_its_settings_come_again(tmp_path):
    mine = trials(tmp_path)
    mine.run(mine.ask(SPACE, 1), ends(tmp_path))
    ((lost, drawn),) = mine.ask(SPACE, 1)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lost.set_user_attr("owner", lost.user_attrs["owner"].replace(str(os.getpid()), str(gone.pid)))
    mine = trials(tmp_path)
    mine.give_up_killed()
    ((_, drawn_again),) = mine.ask(SPACE, 1)
    assert drawn_again == drawn
    assert [trial.state for trial in mine.study.trials[:2]] == [TrialState.COMPLETE, TrialState.FAIL]
    assert mine.counts() == "1 complete, 1 running"


def test_two_processes_that_find_a_killed_one_at_once_queue_its_settings_once(tmp_path, monkeypatch):
    ((lost, _),) = trials(tmp_path).ask(SPACE, 1)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    lost.set_user_attr("owner", lost.user_attrs["owner"].replace(str(os.getpid()), str(gone.pid)))
    one, two = trials(tmp_path), trials(tmp_path)
    found = two.study.get_trials()
    one.give_up_killed()
    monkeypatch.setattr(two.study, "get_trials", lambda **_: found)
    two.give_up_killed()
    assert [trial.state for trial in trials(tmp_path).study.trials] == [TrialState.FAIL, TrialState.WAITING]


def test_a_trial_of_a_process_that_lives_is_left_alone(tmp_path):
    mine = trials(tmp_path)
    mine.ask(SPACE, 1)
    trials(tmp_path).give_up_killed()
    assert mine.study.trials[0].state == TrialState.RUNNING


@pytest.mark.ranks
def test_two_processes_never_get_the_same_trial_and_stop_at_the_count_of_both(tmp_path, project):
    trials(tmp_path)
    program = ASK.format(folder=str(tmp_path), project=str(project))
    command = [sys.executable, "-c", program]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) for _ in range(2)]
    lines = [line for process in both for line in process.communicate(timeout=600)[0].splitlines()]
    assert [process.returncode for process in both] == [0, 0]
    assert len(lines) == 14
    assert len({line.split()[0] for line in lines}) == 14
    assert len({line.split()[1] for line in lines}) == 14


def test_what_is_drawn_follows_from_the_seed_and_the_number_of_the_trial(tmp_path):
    (tmp_path / "other").mkdir()
    one, two = trials(tmp_path), trials(tmp_path / "other")
    first = [drawn for _, drawn in one.ask(SPACE, 3)]
    later = [drawn for _ in range(3) for _, drawn in two.ask(SPACE, 1)]
    assert first == later


def test_a_grid_runs_each_combination_once_and_ends(tmp_path):
    mine = trials(tmp_path, GRID)
    space = Space(
        {"lr": "choice(0.1,0.2)", "b": "range(0,3)"},
        lambda files: OmegaConf.create({"lr": 1, "b": 1}),
        lambda group: [],
    )
    while batch := mine.ask(space, 1):
        mine.run(batch, ends(tmp_path))
    seen = {tuple(trial.params.values()) for trial in mine.study.trials}
    assert len(mine.study.trials) == len(seen) == 6


def test_a_study_of_the_other_direction_is_an_error(tmp_path):
    trials(tmp_path)
    with pytest.raises(InputError, match="is one to minimize; mode=max"):
        open_study(f"sqlite:///{tmp_path}/study.db", "study", "max")
    with pytest.raises(InputError, match="storage: cannot open nonsense"):
        open_study("nonsense://x", "study", "min")
    with pytest.raises(InputError, match=r"dialects:postgres; allowed: postgresql\+psycopg://USER@HOST/DATABASE"):
        open_study("postgres://me@host/studies", "study", "min")
    assert optuna.logging.get_verbosity() == optuna.logging.WARNING
