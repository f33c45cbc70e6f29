"""The trials of a search, in a study that may be shared."""

import json
import os
import socket
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
from hydra.utils import instantiate
from omegaconf import DictConfig
from optuna.trial import TrialState
from sqlalchemy.exc import NoSuchModuleError

from epochwise.config.resolve import quoted
from epochwise.input_error import InputError
from epochwise.run.run_folder import process_lives
from epochwise.sweep.job import JobRecord
from epochwise.sweep.password import masked
from epochwise.sweep.space import Space
from epochwise.sweep.storage import open_storage


def open_study(storage: str, name: str, mode: str, sampler: Any = None, pruner: Any = None) -> optuna.Study:
    """Open a study, or begin it.

    Args:
        storage: URL of its database, such as ``sqlite:///study.db``.
        name: of the study.
        mode: ``min`` where a smaller score is better, else ``max``.
        sampler: of Optuna; draws the settings.
        pruner: of Optuna; which is kept with the study by name, since each trial asks it in a process of its own.

    Raises:
        InputError: the storage is no URL, cannot be opened, or holds a study of the other direction.
    """
    if "://" not in storage:
        raise InputError(f"storage: got {storage!r}, allowed: a URL, such as sqlite:///{storage}")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    direction: Literal["minimize", "maximize"] = "minimize" if mode == "min" else "maximize"
    try:
        opened = open_storage(storage)
        study = optuna.create_study(
            storage=opened, study_name=name, direction=direction, sampler=sampler, pruner=pruner, load_if_exists=True
        )
    except Exception as error:  # whatever its driver raises
        reason = masked(" ".join(str(error).split())[:300])
        if isinstance(error, (NoSuchModuleError, ImportError)) and storage.startswith("postgres"):
            reason += "; allowed: postgresql+psycopg://USER@HOST/DATABASE, with pip install 'psycopg[binary]'"
        raise InputError(f"storage: cannot open {storage}: {type(error).__name__}: {reason}") from error
    if study.direction.name.lower() != direction:
        raise InputError(f"storage: study {name!r} in {storage} is one to {study.direction.name.lower()}; mode={mode}")
    return study


def open_trial(storage: str, name: str, number: int) -> optuna.Trial:
    """A running trial, to tell it scores and ask its pruner, in whatever process it runs."""
    from hydra.utils import instantiate

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(storage=open_storage(storage), study_name=name)
    study.pruner = instantiate(study.user_attrs["pruner"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.Trial(study, study.trials[number]._trial_id)


#: A trial that does not count: its process was killed, or there were enough already.
VOID = "void"
Batch = Sequence[tuple[optuna.Trial, list[str]]]


class Trials:
    """Asks a study for trials and tells it what came of them. The study makes sure that no two processes get one trial.

    Args:
        study: in its storage.
        storage: URL of it.
        folder: of the runs of this process, ``trial-<number>`` each.
        sampler: a node that makes a sampler of Optuna. It is made anew for each trial, with a seed of the given one and
            the trial's number: draws do not depend on which process asks, and no two trials have the same chance.
        n_trials: of the study, in all.
        prunes: whether the runs have the callback that asks the pruner.
    """

    def __init__(
        self,
        study: optuna.Study,
        storage: str,
        folder: Path,
        sampler: DictConfig,
        n_trials: int,
        prunes: bool = True,
    ) -> None:
        self.study, self.storage, self.folder = study, storage, folder
        self.sampler, self.n_trials = sampler, n_trials
        self.prunes = prunes
        self.exhausted = False

    def give_up_killed(self) -> None:
        """End trials whose process on this machine is gone, and queue their settings again."""
        host, _, _ = _owner().rpartition(":")
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            there, _, process = str(trial.user_attrs.get("owner", "")).rpartition(":")
            gone = there == host and not process_lives(process)
            if gone and self._void(trial._trial_id, trial.number, "its process was killed"):
                self.study.enqueue_trial(trial.params, user_attrs={"again": trial.number})

    def ask(self, space: Space, most: int) -> Batch:
        """Draw the settings of the next trials, ``most`` at a time; none when there are enough."""
        batch: list[tuple[optuna.Trial, list[str]]] = []
        while len(batch) < most and not self.exhausted and len(self._counted()) < self.n_trials:
            trial = self.study.ask()
            if sum(other.number <= trial.number for other in self._counted()) > self.n_trials:
                self._void(trial._trial_id, trial.number, "there were enough")  # another process was first
                break
            trial.set_user_attr("owner", _owner())
            made: dict[str, Any] = {}
            if "seed" in self.sampler:
                seed = np.random.SeedSequence((int(self.sampler.seed or 0), trial.number)).generate_state(1)
                made["seed"] = int(seed[0])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
                self.study.sampler = instantiate(self.sampler, **made)
            try:
                drawn = space.draw(trial)
            except ValueError as error:
                self._void(trial._trial_id, trial.number, str(error))
                raise InputError(f"search: {' '.join(str(error).split())}") from error
            trial.set_user_attr("overrides", drawn)
            batch.append((trial, drawn))
        return batch

    def where(self, trial: optuna.Trial) -> list[str]:
        """The overrides of a trial's job that are no settings of it."""
        where = [f"hydra.sweep.subdir=trial-{trial.number}"]
        return (
            where
            if not self.prunes
            else [
                *where,
                f"callbacks.pruning.storage={quoted(self.storage)}",
                f"callbacks.pruning.study={quoted(self.study.study_name)}",
                f"callbacks.pruning.trial={trial.number}",
            ]
        )

    def run(self, batch: Batch, launch: Callable[[Batch], None]) -> None:
        """Run trials and tell the study their scores. One that fails is told as failed, with its reason."""
        try:
            launch(batch)
        except BaseException:
            for trial, _ in batch:
                if self._void(trial._trial_id, trial.number, "the search was interrupted"):
                    self.study.enqueue_trial(trial.params, user_attrs={"again": trial.number})
            raise
        for trial, _ in batch:
            folder = self.folder / f"trial-{trial.number}"
            record, score = JobRecord.read(folder), _score(folder)
            trial.set_user_attr("folder", str(folder))
            attrs = self.study.trials[trial.number].user_attrs
            try:
                if record is None or record.status != "finished" or score is None:
                    trial.set_user_attr("reason", (record and record.reason) or "it has no score")
                    self.study.tell(trial, state=TrialState.FAIL)
                elif "pruned_after_epochs" in attrs:
                    self.study.tell(trial, state=TrialState.PRUNED)
                else:
                    self.study.tell(trial, score)
            except RuntimeError as error:
                if "Study.stop" not in str(error):
                    raise
                self.exhausted = True  # a grid has no more points

    def counts(self) -> str:
        """How many trials ended how."""
        states = Counter(trial.state.name.lower() for trial in self._counted())
        return ", ".join(f"{number} {state}" for state, number in states.items())

    def _counted(self) -> list[Any]:
        trials = self.study.get_trials(deepcopy=False)
        return [trial for trial in trials if VOID not in trial.user_attrs and trial.state != TrialState.WAITING]

    def _void(self, trial_id: int, number: int, reason: str) -> bool:
        """End a trial that is not to count; whether it was this process that did, and no other."""
        try:
            self.study._storage.set_trial_user_attr(trial_id, VOID, reason)
            self.study.tell(number, state=TrialState.FAIL)
        except (RuntimeError, ValueError) as error:  # another process has done so, or a grid has no more points
            return "Study.stop" in str(error)
        return True


def _score(folder: Path) -> float | None:
    try:
        found = json.loads((folder / "result.json").read_text(encoding="utf-8")).get("best_score")
    except (OSError, ValueError):
        return None
    return float(found) if isinstance(found, (int, float)) else None


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
