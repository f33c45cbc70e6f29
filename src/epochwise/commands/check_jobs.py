"""What has to be right before the first of several jobs."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from epochwise.commands.budget import budgeted, one_epoch
from epochwise.commands.build import build
from epochwise.commands.build_network import build_network
from epochwise.config.check import check
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError
from epochwise.sweep.read_jobs import carried_counts
from epochwise.sweep.refit import refit_overrides


def check_data(config: DictConfig) -> Any:
    """Read and cut the data once, where the jobs are started: else each of them would fail for the same reason.

    Args:
        config: of one of the jobs.

    Returns:
        The data, set up.

    Raises:
        InputError: the data cannot be read, or cut as it is asked for.
    """
    data = build(config, "data")
    data.prepare_data()
    data.setup("fit")
    return data


def one_run(config: DictConfig, front_door: str) -> DictConfig:
    """Leave out what says how many runs there are, so that what is left is a ``conf/train.yaml``.

    Args:
        config: of one job.
        front_door: whose job it is.

    Raises:
        InputError: a line for each fault of the config.
    """
    check(config, front_door)
    OmegaConf.resolve(config.data)  # it may refer to what goes
    with open_dict(config):
        for key in set(SCHEMAS[front_door].keys()) - set(SCHEMAS["train"].keys()):
            config.pop(key, None)
        # In a run that is not one of many there is no other to go on from.
        config.resume = "auto" if config.get("resume") in (True, "auto") else None
    return config


def check_plan(config: DictConfig, spec: dict[str, Any]) -> None:
    """Hold a plan of fine-tuning against the network, where the jobs are started: else each would fail for it.

    Args:
        config: of one of the jobs.
        spec: of its data.

    Raises:
        InputError: see ``finetune.plan``; or the network refuses its settings.
    """
    if not (config.get("finetune") or {}).get("phases"):
        return
    config = OmegaConf.merge(config, {"spec": spec})  # type: ignore[assignment]
    finetune = build(config, "finetune")
    if hasattr(finetune, "bind"):
        network, _ = build_network(config, spec["class_names"], resumed=True)  # whatever its weights
        finetune.bind(network, config.trainer.max_epochs)


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
