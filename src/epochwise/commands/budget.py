"""A budget in steps or samples, as a number of epochs; or in time, as its bound."""

import re
from math import ceil
from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.config.check import check
from epochwise.epochs.plan import Plan, plan_epochs
from epochwise.input_error import InputError
from epochwise.report.terminal import counted
from epochwise.rules.epochs import budget_time

#: Unit -> field of the plan of one epoch.
PER_EPOCH = {"steps": "steps_per_epoch", "samples": "samples_per_epoch"}


def budgeted(config: DictConfig, data: Any) -> tuple[DictConfig, list[str]]:
    """Put ``trainer.max_epochs`` in the place of a ``budget``, so that schedules and checks follow it.

    A time becomes ``trainer.max_time``, beside the ``trainer.max_epochs`` that there are.

    Args:
        config: of a run, with a budget such as ``"20000 steps"``, ``"2e6 samples"``, ``"40 epochs"`` or ``"90min"``, or
            null.
        data: set up: knows the samples of an epoch.

    Returns:
        The config with whole epochs or seconds, rounded up, and ``budget`` null again, so that a run that goes on keeps
        them; and the notes of its check. The config itself and no notes where there is no budget.

    Raises:
        InputError: the budget is less than a step or a second, the number of devices is not given, or the settings
            contradict each other with that many epochs.
    """
    if config.get("budget") is None:
        return config, []
    max_time = budget_time(config.budget)
    if max_time is not None:
        return _timed(config, max_time)
    count, unit = re.match(r"\s*(\d+(?:\.\d*)?(?:e\+?\d+)?)\s*([a-z]+?)s?\s*$", config.budget).groups()  # type: ignore[union-attr]
    amount, field = float(count), PER_EPOCH.get(f"{unit}s")
    each = 1 if field is None else getattr(one_epoch(config, data, world_size(config)), field)
    if amount < 1 or each == 0:
        raise InputError(f"budget: got {config.budget!r}, allowed: at least 1 of an epoch's {each:,} {unit}s")
    epochs = ceil(amount / each)
    changed: Any = OmegaConf.merge(config, {"budget": None, "trainer": {"max_epochs": epochs}})
    said = f"budget={config.budget}: {epochs:,} epochs" + (f" of {each:,} {unit}s" if field else "")
    return changed, [said, *check(changed)]


def _timed(config: DictConfig, max_time: str) -> tuple[DictConfig, list[str]]:
    if not max_time.strip("0:"):
        raise InputError(f"budget: got {config.budget!r}, allowed: at least 1s")
    changed: Any = OmegaConf.merge(config, {"budget": None, "trainer": {"max_time": max_time}})
    said = (
        f"budget={config.budget}: training ends after {max_time}, the time of runs that it goes on from included, or "
        f"after trainer.max_epochs={config.trainer.max_epochs}, whichever comes first"
    )
    said_before = check(config)
    return changed, [said, *(note for note in check(changed) if note not in said_before)]


def one_epoch(config: DictConfig, data: Any, world_size: int) -> Plan:
    """What an epoch of a run is.

    Args:
        config: of the run.
        data: set up.
        world_size: devices x nodes.
    """
    trainer = config.trainer
    return plan_epochs(
        data.num_samples["train"],
        data.batch_size,
        max_epochs=1,
        world_size=world_size,
        accumulate_grad_batches=trainer.get("accumulate_grad_batches") or 1,
        drop_last=data.drop_last,
        # As Lightning has it: the one takes the place of the other.
        limit_train_batches=trainer.get("overfit_batches") or trainer.get("limit_train_batches"),
    )


def world_size(config: DictConfig) -> int:
    """Devices x nodes, where they are given as numbers.

    Raises:
        InputError: they follow from the machine.
    """
    devices = config.trainer.get("devices", 1)
    if not isinstance(devices, int) or devices < 1:
        raise InputError(f"trainer.devices: got {devices!r}, allowed with a budget: a number, which a step depends on")
    return devices * int(config.trainer.get("num_nodes", 1))


def in_tokens(data: Any, num_samples: int) -> str:
    """``, 1,280 tokens``: how many so many training samples have; nothing where they are no texts."""
    if not getattr(data.spec, "num_tokens", 0) or not hasattr(data, "num_targets"):
        return ""
    whole, left = divmod(num_samples, data.num_samples["train"])
    tokens = whole * data.num_targets["train"]
    if left == 0:
        return f", {counted(tokens, 'token')}"
    about = round((tokens + data.num_targets["train"] * left / data.num_samples["train"]) / 100) * 100
    return f", about {about:,} tokens"
