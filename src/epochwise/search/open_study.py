"""An Optuna study, by its storage."""

import warnings
from typing import Any, Literal

import optuna

from epochwise.input_error import InputError


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
        study = optuna.create_study(
            storage=storage, study_name=name, direction=direction, sampler=sampler, pruner=pruner, load_if_exists=True
        )
    except Exception as error:  # whatever its driver raises
        reason = " ".join(str(error).split())[:300]
        raise InputError(f"storage: cannot open {storage}: {type(error).__name__}: {reason}") from error
    if study.direction.name.lower() != direction:
        raise InputError(f"storage: study {name!r} in {storage} is one to {study.direction.name.lower()}; mode={mode}")
    return study


def open_trial(storage: str, name: str, number: int) -> optuna.Trial:
    """A running trial, to tell it scores and ask its pruner, in whatever process it runs."""
    from hydra.utils import instantiate

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.load_study(storage=storage, study_name=name)
    study.pruner = instantiate(study.user_attrs["pruner"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        return optuna.Trial(study, study.trials[number]._trial_id)
