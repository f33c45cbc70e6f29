"""A run that goes on in other batches, or with other samples, than those of its checkpoint."""

from collections.abc import Mapping
from math import prod
from typing import Any

from epochwise.commands.assemble import Run
from epochwise.epochs.plan import count_batches, plan_epochs
from epochwise.input_error import InputError
from epochwise.resume.going_on import GoingOn
from epochwise.resume.kept_settings import said
from epochwise.run.epoch_place import batches_taken, digests, samples_taken, steps_before
from epochwise.scheduler.lightning_schedule import FROM_STEP
from epochwise.scheduler.made_alone import goes_by_step

#: Settings that change neither which samples an epoch has nor their order.
STEPS = ("trainer.accumulate_grad_batches", "trainer.limit_train_batches", "trainer.overfit_batches")
BATCHES = ("data.batch_size", "data.drop_last", "data.num_workers", "data.augment", *STEPS[:2])
#: What the place in a checkpoint says of its batches, and where it is set.
SETTINGS = {
    "batch_size": "data.batch_size",
    "world_size": "trainer.devices",
    "accumulate_grad_batches": "trainer.accumulate_grad_batches",
}


def other_batches(run: Run, going_on: GoingOn) -> list[str]:
    """Say what another size of batches, number of devices or amount of data makes of a run that goes on.

    What can go on does so exactly (``run.epoch_place``): each sample once an epoch, the schedule in its place.

    Args:
        run: assembled, as it is to go on.
        going_on: from where, and what was changed.

    Returns:
        What changes, a line each; none where all is as before.

    Raises:
        InputError: the epoch that was begun, or the schedule, cannot go on so; or samples that were held out are now
            others, so that the network has been trained on some.
    """
    kept, epoch, data, trainer = going_on.checkpoint, going_on.epoch, run.data, run.trainer
    place, taken = kept.get("epoch_place", {}), samples_taken(kept)
    now, seen = digests(data, trainer), f"{taken} samples of epoch {epoch} have been trained on"
    if place.get("held_out", now.get("held_out")) != now.get("held_out"):
        raise InputError(f"{_changed(going_on)}: val and test would be other samples, some of which were trained on")
    if taken and place.get("order", now.get("order")) != now.get("order"):
        raise InputError(f"{_changed(going_on)}: {seen}; allowed until its end: the same samples and order")
    if not hasattr(data, "begun"):
        changed = any(key.startswith("data.") or key in STEPS for key in going_on.changed)
        if taken and (changed or place.get("world_size", trainer.world_size) != trainer.world_size):
            raise InputError(f"data: {seen}; {type(data).__name__} can go on within it only as before")
        return []
    return _lines(run, kept, taken, epoch, seen)


def _lines(run: Run, kept: dict[str, Any], taken: int, epoch: int, seen: str) -> list[str]:
    data: Any = run.data
    trainer: Any = run.trainer  # its limits are set on the instance
    there, shape = data.num_samples["train"], (data.batch_size, trainer.world_size)
    accumulated = trainer.accumulate_grad_batches
    plan = plan_epochs(there, shape[0], 1, shape[1], accumulated, data.drop_last, trainer.limit_train_batches)
    steps, batch = steps_before(kept), batches_taken(data, taken, trainer.world_size)
    completed = kept["loops"]["fit_loop"]["epoch_loop.batch_progress"]["current"]["completed"]
    if steps == plan.steps_per_epoch and (not taken or batch == completed):
        return []
    whole, left = (count_batches(samples, *shape, data.drop_last) for samples in (there, there - taken))
    between = plan.batches_per_epoch < whole and taken % prod(shape)  # a limit counts whole batches
    if taken and (left < 1 or batch >= plan.batches_per_epoch or batch % accumulated or between):
        place, given = kept.get("epoch_place", {}), dict(zip(SETTINGS, (*shape, accumulated), strict=True))
        before = f"; allowed until its end: {_settings(place)}" if place.get("batch_size") else ""
        raise InputError(f"{_settings(given)}: {seen}, and the rest makes no whole steps{before}")
    lines = [f"epoch {epoch} goes on behind its first {taken} samples in batches of {prod(shape)}"] if taken else []
    if steps and steps != plan.steps_per_epoch:
        phases = run.finetune.bound.phases if hasattr(run.finetune, "bound") else []
        for make in (getattr(run.task, "make_scheduler", None), *(phase.scheduler for phase in phases)):
            _check_schedule(make, steps, plan.steps_per_epoch)
        lines.append(f"from epoch {epoch} on {plan.steps_per_epoch} optimizer steps an epoch, {steps} before")
    return lines


def _check_schedule(make: Any, steps: int, now: int) -> None:
    schedule = getattr(make, "func", make)
    by_step = make is not None and goes_by_step(make)
    if by_step and not (isinstance(schedule, type) and issubclass(schedule, FROM_STEP)):
        raise InputError(
            f"scheduler: {getattr(schedule, '__name__', 'it')} goes by steps, of which an epoch had {steps}, not {now}"
        )


def _settings(place: Mapping[str, Any]) -> str:
    return " ".join(f"{key}={place[name]}" for name, key in SETTINGS.items())


def _changed(going_on: GoingOn) -> str:
    """What changed the samples or their order."""
    keys = [key for key in going_on.changed if key.startswith("data.") and key not in BATCHES]
    sides = {key: said(going_on.changed[key]) for key in keys}
    got = "; ".join(f"{key}: got {now}, was {was}" for key, (now, was) in sides.items())
    return got or "data: the samples are not those of before"
