"""A run on all of the data that could not be trained, found before the first fold."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from omegaconf import DictConfig

from epochwise.commands.budget import budgeted, one_epoch
from epochwise.commands.check_plan import check_plan
from epochwise.commands.one_run import one_run
from epochwise.config.check import check
from epochwise.crossval.outcome import carried_counts
from epochwise.crossval.refit_overrides import refit_overrides
from epochwise.input_error import InputError


def check_refit(
    fold: DictConfig,
    everything: DictConfig,
    cut: Any,
    data: Any,
    overrides: Sequence[str],
    compose: Callable[[Sequence[str]], DictConfig],
) -> None:
    """Carry the settings over from the first fold, for all of its epochs, and hold them against network and plan.

    Args:
        fold: config of the first fold.
        everything: config of a run on all of the data.
        cut: data of the first fold, set up.
        data: all of it, set up.
        overrides: of the command line.
        compose: makes a config of overrides.

    Raises:
        InputError: a line for each fault.
    """
    epochs = budgeted(one_run(deepcopy(fold), "crossval"), cut)[0].trainer.max_epochs
    steps, all_steps = (one_epoch(*each, 1).steps_per_epoch for each in ((fold, cut), (everything, data)))
    counts = carried_counts({"value": epochs}, epochs, steps, data.num_samples["train"], all_steps)
    config = compose(refit_overrides(fold, overrides, compose, counts))
    if config.scheduler["_target_"] != fold.scheduler["_target_"]:
        named = str(fold.scheduler["_target_"]).rpartition(".")[2]
        raise InputError(f"refit: stopping, which goes, had brought the schedule ({named}); name it: scheduler=NAME")
    try:
        check(config, "crossval")
        check_plan(config, asdict(data.spec))
    except InputError as error:
        raise InputError(*(f"refit: on all of the data, {line}" for line in error.lines)) from error
