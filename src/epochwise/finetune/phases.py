"""Phases of a plan as a config has them, and the layers that they name."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Any

from epochwise.input_error import InputError

WORDS = ("all", "head", "backbone")


def select(key: str, chosen: str | int | Sequence[str | int], stages: dict[str, list[str]]) -> list[str]:
    """Find the parameters that a plan names.

    Args:
        key: where it stands in the config; an error names it.
        chosen: one of these, or several: ``all``; ``head``, the last stage; ``backbone``, all other stages; a stage's
            number, from 0 at the input or from -1 at the head; a stage's name; else a regular expression that is found
            in a parameter's name (``re.search``).
        stages: see ``stages``.

    Returns:
        Names of parameters, in the order of the network.

    Raises:
        InputError: nothing is chosen, there is no such stage, or an expression is none or is found in no name.
    """
    several = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    if not several:
        raise InputError(f"{key}: nothing is named; allowed: {_allowed(stages)}")
    found = {name for one in several for name in _select_one(key, one, stages)}
    return [name for names in stages.values() for name in names if name in found]


def _select_one(key: str, chosen: str | int, stages: dict[str, list[str]]) -> list[str]:
    each = list(stages.values())
    if isinstance(chosen, int):
        if not -len(each) <= chosen < len(each):
            raise InputError(f"{key}: got {chosen}, but there are {len(each)} stages: {', '.join(stages)}")
        return each[chosen]
    if chosen in stages:
        return stages[chosen]
    if chosen in WORDS:
        cut = {"all": each, "head": each[-1:], "backbone": each[:-1]}[chosen]
        if not cut:
            raise InputError(f"{key}: {chosen!r} is empty: the network has one stage alone, {', '.join(stages)}")
        return [name for names in cut for name in names]
    try:
        found = [name for names in each for name in names if re.search(chosen, name)]
    except re.error as error:
        raise InputError(f"{key}: {chosen!r} is no regular expression: {error}") from error
    if not found:
        hint = InputError.closest(chosen, [*WORDS, *stages])
        raise InputError(f"{key}: {chosen!r} matches no parameter; allowed: {_allowed(stages)}{hint}")
    return found


def _allowed(stages: dict[str, list[str]]) -> str:
    return f"{', '.join(WORDS)}, a stage ({', '.join(stages)}), or what is found in a parameter's name"


KEYS = ("at_epoch", "after", "unfreeze", "freeze", "optimizer", "scheduler")


@dataclass(frozen=True)
class Phase:
    """From when on what trains that did not, what no longer does, and by which optimizer and schedule.

    Args:
        at_epoch: from 0; ``None``: it waits until the score has levelled off in the phase before.
        unfreeze: names of parameters.
        freeze: names of parameters.
        optimizer: makes another optimizer from parameter groups; ``None``: the one of before goes on.
        scheduler: makes another schedule from an optimizer; ``None``: that of before, anew where the optimizer is.
    """

    at_epoch: int | None
    unfreeze: frozenset[str]
    freeze: frozenset[str] = frozenset()
    optimizer: Callable[..., Any] | None = None
    scheduler: Callable[..., Any] | None = None

    @property
    def is_remade(self) -> bool:
        """Whether the optimizer, its schedule or both are others from here on."""
        return self.optimizer is not None or self.scheduler is not None


def nearest_epoch(at_epoch: float, max_epochs: int | None = None) -> int:
    """The whole epoch that a phase begins with.

    An epoch of other data has another number of steps, so a plan that is carried over to it (``crossval``) begins its
    phases between two epochs.

    Args:
        at_epoch: from 0, or a fraction of an epoch later.
        max_epochs: of the run; ``None``: no bound.

    Returns:
        The nearest epoch of the run; 0 only for 0 itself, where there is another.
    """
    found = max(round(at_epoch), min(ceil(at_epoch), 1))
    within = max_epochs is not None and at_epoch < max_epochs  # what is beyond is a fault, and not to be hidden
    return min(found, max_epochs - 1) if within and max_epochs is not None else found


def read_phases(
    written: Sequence[Mapping[str, Any]],
    frozen: frozenset[str],
    stages: dict[str, list[str]],
    key: str,
    max_epochs: int | None = None,
) -> list[Phase]:
    """Read the phases of a config and hold them against the network.

    Args:
        written: in their order, each with ``at_epoch`` or ``after: plateau``, and of ``unfreeze`` and ``freeze``, which
            name parameters as ``select`` does, ``optimizer`` and ``scheduler``, which make them, at least one.
        frozen: parameters that never train, whatever a phase says.
        stages: see ``stages``.
        key: where they stand in the config.
        max_epochs: of the run; ``None``: no bound.

    Raises:
        InputError: an unknown key, none or both of ``at_epoch`` and ``after``, a first phase that is not at epoch 0,
            epochs that do not ascend, what ``select`` refuses, a phase that changes nothing or after which nothing
            trains.
    """
    if not isinstance(written, (list, tuple)) or not written:
        raise InputError(f"{key}: got {written!r}, allowed: a list of phases, the first with at_epoch: 0")
    phases: list[Phase] = []
    epochs: list[float] = []
    training: frozenset[str] = frozenset()
    for index, one in enumerate(written):
        place = f"{key}.{index}"
        at_epoch = _at_epoch(place, one, epochs)
        epochs += [] if at_epoch is None else [at_epoch]
        unfreeze, freeze = (
            frozenset(select(f"{place}.{name}", one[name], stages)) if name in one else frozenset()
            for name in ("unfreeze", "freeze")
        )
        begins = None if at_epoch is None else nearest_epoch(at_epoch, max_epochs)
        makers = {name: _maker(place, one, name, index) for name in MAKERS}
        phase = Phase(begins, unfreeze - frozen, freeze, **makers)
        before, training = training, trained(training, phase)
        if training == before and {"unfreeze", "freeze"} & one.keys():
            raise InputError(f"{place}: changes nothing: what it names is as it says already, or stands in 'frozen'")
        if not training:
            raise InputError(f"{place}: nothing would train from there on")
        phases.append(phase)
    return phases


def trained(before: frozenset[str], phase: Phase) -> frozenset[str]:
    """What trains once a phase has begun."""
    return (before | phase.unfreeze) - phase.freeze


def starts(phases: Sequence[Phase], began: Mapping[int, int]) -> list[int | None]:
    """The epoch that each phase begins with, from 0.

    Args:
        phases: in their order.
        began: phase that waited -> the epoch it began with. One that has not begun begins at the latest with
            the next phase that has an epoch.

    Returns:
        An epoch for each phase, ``None`` for one that still waits and has no such phase behind it.
    """
    found: list[int | None] = []
    later: int | None = None
    for index in reversed(range(len(phases))):
        at_epoch = phases[index].at_epoch
        later = later if at_epoch is None else at_epoch
        found.append(began.get(index, later) if at_epoch is None else at_epoch)
    return found[::-1]


def trainable_at(epoch: int, phases: Sequence[Phase], begun: Iterable[int | None]) -> frozenset[str]:
    """The names of the parameters that train in an epoch, counted from 0.

    Args:
        epoch: from 0.
        phases: in their order.
        begun: see ``starts``.
    """
    training: frozenset[str] = frozenset()
    for phase, start in zip(phases, begun, strict=True):
        if start is not None and start <= epoch:
            training = trained(training, phase)
    return training


#: What a phase may name beside layers: its key -> the folder that such nodes are in.
MAKERS = {"optimizer": "conf/optimizer", "scheduler": "conf/scheduler"}


def _maker(place: str, one: Mapping[str, Any], name: str, index: int) -> Callable[..., Any] | None:
    if name not in one:
        return None
    if index == 0:
        raise InputError(f"{place}.{name}: the first phase has the run's own; allowed: {name}=... beside the plan")
    make: Callable[..., Any] = one[name]
    if not callable(make):
        raise InputError(
            f"{place}.{name}: got {make!r}, allowed: a node as in {MAKERS[name]}, with _target_ and _partial_: true"
        )
    return make


def _at_epoch(place: str, one: Any, before: list[float]) -> float | None:
    if not isinstance(one, Mapping):
        raise InputError(f"{place}: got {one!r}, allowed: a mapping of {', '.join(KEYS)}")
    for name in one:
        if name not in KEYS:
            hint = InputError.closest(str(name), list(KEYS))
            raise InputError(f"{place}.{name}: unknown key, allowed: {', '.join(KEYS)}{hint}")
    if not one.keys() - {"at_epoch", "after"}:
        raise InputError(f"{place}: nothing changes; it needs unfreeze, freeze, optimizer or scheduler")
    if ("at_epoch" in one) == ("after" in one):
        raise InputError(f"{place}: it needs either at_epoch, a number from 0, or after: plateau")
    if "after" in one:
        if one["after"] != "plateau":
            raise InputError(f"{place}.after: got {one['after']!r}, allowed: plateau")
        if not before:
            raise InputError(f"{place}.after: the first phase waits for nothing: at_epoch: 0")
        return None
    at_epoch = one["at_epoch"]
    if not isinstance(at_epoch, (int, float)) or isinstance(at_epoch, bool) or not 0 <= at_epoch < inf:
        raise InputError(f"{place}.at_epoch: got {at_epoch!r}, allowed: a number from 0")
    if not before and at_epoch != 0:
        raise InputError(f"{place}.at_epoch: got {at_epoch}, allowed: 0 for the first phase, or nothing would train")
    if before and at_epoch <= before[-1]:
        raise InputError(f"{place}.at_epoch: got {at_epoch}, allowed: above {before[-1]}, that of the phase before")
    return at_epoch
