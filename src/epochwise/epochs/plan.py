"""What a number of epochs means in batches, steps and samples."""

from dataclasses import dataclass
from math import ceil


def cooldown_start(max_epochs: int, cooldown_fraction: float) -> int:
    """The epoch, from 0, with which the cool-down of a run of ``max_epochs`` begins.

    Args:
        max_epochs: epochs until the end of the cool-down, at least 1.
        cooldown_fraction: epochs of cool-down over the epochs before it, above 0.
    """
    return int(max_epochs / (1 + cooldown_fraction))


@dataclass(frozen=True)
class Plan:
    """What a run will do, if nothing stops it.

    Args:
        samples_per_epoch: samples that are trained on in one epoch, by all devices together.
        batches_per_epoch: batches of one device in one epoch.
        steps_per_epoch: optimizer steps in one epoch.
        samples_per_step: of a full step: batch size x devices x accumulated batches.
        epochs: that are begun; the last one may be cut short by ``max_steps``.
        batches: of one device, in all.
        steps: in all.
        samples: in all; one that is trained on in ten epochs counts ten times.
    """

    samples_per_epoch: int
    batches_per_epoch: int
    steps_per_epoch: int
    samples_per_step: int
    epochs: int
    batches: int
    steps: int
    samples: int


def plan_epochs(
    num_samples: int,
    batch_size: int,
    max_epochs: int,
    world_size: int = 1,
    accumulate_grad_batches: int = 1,
    drop_last: bool = False,
    limit_train_batches: int | float | None = None,
    max_steps: int = -1,
) -> Plan:
    """Count what a run will do before it does it.

    Args:
        num_samples: N of the training split, at least 1.
        batch_size: samples a device takes in one batch, at least 1.
        max_epochs: at least 0.
        world_size: devices x nodes, at least 1.
        accumulate_grad_batches: batches an optimizer step; the last step of an epoch may have fewer.
        drop_last: leave out the last batch of an epoch where it is not full.
        limit_train_batches: a number of batches, or a fraction of them in [0, 1]; ``None`` for all.
        max_steps: optimizer steps after which training ends; -1 for no such limit.

    Returns:
        The plan; 1,000 samples in batches of 100 are 10 steps an epoch.
    """
    global_size = batch_size * world_size
    there = count_batches(num_samples, batch_size, world_size, drop_last)
    if limit_train_batches is None:
        batches = there
    elif isinstance(limit_train_batches, int):
        batches = min(there, limit_train_batches)
    else:
        batches = int(there * limit_train_batches)
    samples = batches * global_size
    if batches == there:
        samples = count_samples_in_batches(num_samples, batch_size, world_size, drop_last)
    steps = ceil(batches / accumulate_grad_batches)
    whole = Plan(samples, batches, steps, global_size * accumulate_grad_batches, max_epochs, 0, 0, 0)
    in_all = steps * max_epochs if max_steps < 0 else min(steps * max_epochs, max_steps)
    return _in_all(whole, in_all, accumulate_grad_batches, global_size)


def count_batches(num_samples: int, batch_size: int, world_size: int = 1, drop_last: bool = False) -> int:
    """Batches of one device that some samples make; a remainder of one sample a device makes none of its own."""
    full, rest = divmod(num_samples, batch_size * world_size)
    return full + int(rest >= min(2, batch_size) * world_size and not drop_last)


def count_samples_in_batches(num_samples: int, batch_size: int, world_size: int = 1, drop_last: bool = False) -> int:
    """Those of some samples that stand in their batches; a remainder that makes none goes with the last one.

    Left out are only what ``drop_last`` says, samples too few for one batch, and, of batches of 1, what does not give
    each device a sample.
    """
    batches = count_batches(num_samples, batch_size, world_size, drop_last)
    goes_with = batches > 0 and batch_size > 1 and not drop_last
    return num_samples if goes_with else min(batches * batch_size * world_size, num_samples)


def _in_all(plan: Plan, steps: int, accumulate: int, global_size: int) -> Plan:
    epochs, rest = divmod(steps, plan.steps_per_epoch) if plan.steps_per_epoch else (0, 0)
    batches_of_rest = min(rest * accumulate, plan.batches_per_epoch)
    return Plan(
        plan.samples_per_epoch,
        plan.batches_per_epoch,
        plan.steps_per_epoch,
        plan.samples_per_step,
        epochs=epochs + (rest > 0),
        batches=epochs * plan.batches_per_epoch + batches_of_rest,
        steps=steps,
        samples=epochs * plan.samples_per_epoch + min(batches_of_rest * global_size, plan.samples_per_epoch),
    )
