"""A plan held against a network and a budget."""

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from epochwise.finetune.groups import stage_groups
from epochwise.finetune.lr_scales import lr_scale_of_each
from epochwise.finetune.one_by_one import one_by_one
from epochwise.finetune.phases import read_phases, starts, trainable_at
from epochwise.finetune.select import select
from epochwise.input_error import InputError
from epochwise.model.stages import stages


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
