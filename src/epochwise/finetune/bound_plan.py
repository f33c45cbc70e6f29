"""A plan bound to a network: its groups of layers, their rates, and when each trains."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from torch import nn

from epochwise.finetune.phases import Phase, nearest_epoch, read_phases, select, starts, trainable_at
from epochwise.input_error import InputError
from epochwise.model.stages import stages
from epochwise.task.optimized import decay_groups


def stage_groups(
    network: nn.Module, stages: dict[str, list[str]], alike: Mapping[str, Hashable], lr_scale: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Cut the groups of ``decay_groups`` by stage, and a stage by what acts alike in it.

    Args:
        network: all its parameters are taken, whether they train from the start, later or never.
        stages: see ``stages``.
        alike: parameter -> what it shares with those that train in the same epochs.
        lr_scale: parameter -> what the optimizer's rate is multiplied by.

    Returns:
        Groups for a torch optimizer, from the input to the head. ``name`` is unique: ``layer4``, and
        ``layer4/no_decay`` for those of its parameters that weight decay leaves alone. ``part`` is what both are a part
        of; where a stage does not act as one, the others of its parts are ``layer4_2``, ``layer4_3``. ``lr_scale`` is
        for ``optimizer.scaled_rates``.
    """
    parameters = dict(network.named_parameters())
    part_of = _parts(stages, alike, lr_scale)
    bases = decay_groups(network)
    base_of = {id(parameter): base for base in bases for parameter in base["params"]}
    groups: dict[str, dict[str, Any]] = {}
    for name, part in part_of.items():
        base = base_of[id(parameters[name])]
        called = part if base["name"] == "decay" else f"{part}/{base['name']}"
        if called not in groups:
            groups[called] = base | {"name": called, "part": part, "lr_scale": lr_scale[name], "params": []}
        groups[called]["params"].append(parameters[name])
    return list(groups.values())


def _parts(
    stages: dict[str, list[str]], alike: Mapping[str, Hashable], lr_scale: Mapping[str, float]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for stage, names in stages.items():
        parts: dict[Hashable, str] = {}
        for name in names:
            kind = (alike[name], lr_scale[name])
            if kind not in parts:
                parts[kind] = f"{stage}_{len(parts) + 1}" if parts else stage
            found[name] = parts[kind]
    return found


def lr_scale_of_each(
    stages: dict[str, list[str]], lr_decay: float, lr_scales: Mapping[str | int, float], key: str
) -> dict[str, float]:
    """Give each parameter its scale: that of what names it, else a decay for each stage that it lies before the head.

    Args:
        stages: see ``stages``.
        lr_decay: a stage's rate over that of the next one, in (0, 1]; the head has the base rate.
        lr_scales: what is meant, as ``select`` takes it, -> its scale, above 0.
        key: where they stand in the config.

    Returns:
        Parameter -> scale.

    Raises:
        InputError: what ``select`` refuses; a parameter that is named twice with different scales.

    Source:
        the decay: Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.1 (there 1 / 2.6); Bao et al.
        2022, https://arxiv.org/abs/2106.08254, section 3.2.
    """
    found = {name: lr_decay**depth for depth, names in enumerate(reversed(stages.values())) for name in names}
    named_by: dict[str, str | int] = {}
    for chosen, scale in lr_scales.items():
        for name in select(f"{key}.{chosen}", chosen, stages):
            if name in named_by and found[name] != scale:
                raise InputError(f"{key}.{chosen}: {name!r} is named by {named_by[name]!r} already, with another scale")
            found[name], named_by[name] = scale, chosen
    return found


def one_by_one(
    phases: Sequence[Phase],
    every_n_epochs: float,
    stages: dict[str, list[str]],
    frozen: frozenset[str],
    max_epochs: int | None,
    key: str,
) -> list[Phase]:
    """Let the stages that no phase has unfrozen follow the last phase one by one, from the head down.

    Args:
        phases: those that are written; the last one has an epoch.
        every_n_epochs: epochs from one stage to the next, above 0; each begins with the nearest whole epoch.
        stages: see ``stages``.
        frozen: parameters that never train.
        max_epochs: of the run; ``None``: no bound.
        key: where ``every_n_epochs`` stands in the config.

    Returns:
        The phases and those that follow.

    Raises:
        InputError: the last phase waits for a plateau, nothing is left to follow, or a stage would follow too late.

    Source:
        Howard & Ruder 2018, https://arxiv.org/abs/1801.06146, section 3.3.
    """
    last = phases[-1].at_epoch
    if last is None:
        raise InputError(f"{key}: nothing can follow by the epoch on a phase that waits for a plateau")
    training = trainable_at(last, phases, [0] * len(phases))
    waiting = {name: frozenset(own) - training - frozen for name, own in reversed(stages.items())}
    waiting = {name: own for name, own in waiting.items() if own}
    if not waiting:
        raise InputError(f"{key}: got {every_n_epochs}, but all that may train does so from epoch {last} on")
    found = list(phases)
    for count, (name, own) in enumerate(waiting.items(), start=1):
        at_epoch = last + count * every_n_epochs  # each for itself: rounding does not add up
        if max_epochs is not None and at_epoch >= max_epochs:
            most = (max_epochs - 1 - last) // len(waiting)
            allowed = f"at most {most}" if most else f"trainer.max_epochs={last + len(waiting) + 1} or more"
            raise InputError(
                f"{key}: got {every_n_epochs}, but {name!r} would begin to train at epoch {at_epoch:g}, beyond "
                f"trainer.max_epochs={max_epochs}; allowed: {allowed}"
            )
        found.append(Phase(nearest_epoch(at_epoch, max_epochs), own))
    return found


class BoundPlan:
    """What trains in which epoch, by parameter.

    Args:
        network: its parameters' names are those of the plan.
        max_epochs: of the run; ``None``: no bound.
        phases: see ``finetune.plan``, as all that follows.
        frozen: what never trains.
        one_stage_every_n_epochs: how the stages follow that no phase names.
        lr_decay: a stage's rate over that of the next one.
        lr_scales: what is named -> its rate over the optimizer's.

    Raises:
        InputError: see ``finetune.plan``.
    """

    def __init__(
        self,
        network: nn.Module,
        max_epochs: int | None,
        phases: Sequence[Mapping[str, Any]],
        frozen: str | int | Sequence[str | int],
        one_stage_every_n_epochs: float | None,
        lr_decay: float,
        lr_scales: Mapping[str | int, float],
    ) -> None:
        self.network, self.max_epochs = network, max_epochs
        self.stages = stages(network)
        never = frozenset(select("finetune.frozen", frozen, self.stages) if frozen != () and frozen != [] else ())
        self.phases = read_phases(phases, never, self.stages, "finetune.phases", max_epochs)
        if one_stage_every_n_epochs is not None:
            key = "finetune.one_stage_every_n_epochs"
            self.phases = one_by_one(self.phases, one_stage_every_n_epochs, self.stages, never, max_epochs, key)
        self._check_budget()
        self._check_all_are_named(never)
        self.waits = any(phase.at_epoch is None for phase in self.phases)  # for a plateau
        self.began: dict[int, int] = {}  # after one
        self.starts = starts(self.phases, self.began)
        self.lr_scale = lr_scale_of_each(self.stages, lr_decay, lr_scales, "finetune.lr_scales")

    def trainable_at(self, epoch: int) -> frozenset[str]:
        """The names of the parameters that train in an epoch, counted from 0, as far as is known."""
        return trainable_at(epoch, self.phases, self.starts)

    def waiting_at(self, epoch: int) -> int | None:
        """The phase that a plateau in this epoch would begin: the first that has not begun, where it waits for one."""
        for index, (phase, start) in enumerate(zip(self.phases, self.starts, strict=True)):
            if start is None or start > epoch:
                next_epoch_counts = start != epoch + 1 and epoch + 1 != self.max_epochs
                return index if phase.at_epoch is None and next_epoch_counts else None
        return None

    def begin(self, phase: int, epoch: int) -> None:
        """Let a phase that waited begin with an epoch."""
        self.began[phase] = epoch
        self.starts = starts(self.phases, self.began)

    def last_start(self) -> int:
        """The epoch that the last phase begins with; the end of the budget where that is not known yet."""
        last = self.starts[-1]
        return last if last is not None else self.max_epochs or 2**31

    def remade_at(self, epoch: int) -> int:
        """The phase whose optimizer and schedule an epoch has; 0 where they are the run's own."""
        begun = (index for index, start in enumerate(self.starts) if start is not None and start <= epoch)
        return max((index for index in begun if self.phases[index].is_remade), default=0)

    def groups(self) -> list[dict[str, Any]]:
        """The optimizer's groups: see ``stage_groups``."""
        in_order = range(len(self.phases))
        after_each = [trainable_at(index, self.phases, in_order) for index in in_order]
        alike = {name: tuple(name in training for training in after_each) for name in self.lr_scale}
        return stage_groups(self.network, self.stages, alike, self.lr_scale)

    def _check_budget(self) -> None:
        for index, phase in enumerate(self.phases):
            if self.max_epochs is not None and phase.at_epoch is not None and phase.at_epoch >= self.max_epochs:
                raise InputError(
                    f"finetune.phases.{index}.at_epoch: got {phase.at_epoch}, allowed: below "
                    f"trainer.max_epochs={self.max_epochs}"
                )

    def _check_all_are_named(self, never: frozenset[str]) -> None:
        named = never.union(*(phase.unfreeze for phase in self.phases))
        left = [name for names in self.stages.values() for name in names if name not in named]
        if left:
            more = f" and {len(left) - 1} more" if len(left) > 1 else ""
            raise InputError(
                f"finetune.phases: no phase names {left[0]!r}{more}; unfreeze it in one, or say so in finetune.frozen"
            )
