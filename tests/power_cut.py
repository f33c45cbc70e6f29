"""A run whose power goes: cut off where no code expects it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from epochwise.task.supervised import Supervised


class PowerCut(BaseException):
    """What no code expects."""


@contextmanager
def cut_in_batch(number: int) -> Iterator[None]:
    """Cut what runs inside off in a training batch, counted from 1 over all epochs; it has to come that far."""
    learn, begun = Supervised.training_step, []

    def cut(self, *args):
        begun.append(1)
        if len(begun) == number:
            raise PowerCut
        return learn(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Supervised, "training_step", cut)
        with pytest.raises(PowerCut):
            yield
