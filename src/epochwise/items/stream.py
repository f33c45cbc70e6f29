"""The items of a stream, by their place: read on and on, and taken up again where it was left."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch

from epochwise.data.splits.batch_seed import seed_batch
from epochwise.input_error import InputError


def has_state(stream: Any) -> bool:
    """Whether a stream says where it stands, and can be put back there."""
    return hasattr(stream, "state_dict") and hasattr(stream, "load_state_dict")


class StreamReader:
    """Gives the items of a stream by their place.

    A stream draws (torch, numpy, ``random``) from generators of its own, which are seeded by the run's seed and the
    pass: what it gives depends neither on workers nor on the network.

    Args:
        stream: any iterable; ``set_epoch(pass)`` is called where it has one, and ``state_dict``, ``load_state_dict``
            spare reading again what has been read.
        seed: of what is drawn.
        count: samples of a pass, where each epoch is one; None: epochs follow each other in the stream, which begins
            anew where it ends.
        first_state: of the stream before anything was read of it, where it has one; None: as it is now.
    """

    def __init__(self, stream: Any, seed: int, count: int | None, first_state: Any = None) -> None:
        self.stream, self.seed, self.count = stream, seed, count
        self.has_state = has_state(stream)
        self.first_state = deepcopy(first_state or stream.state_dict()) if self.has_state else None
        self.iterator: Iterator[Any] | None = None
        self.number, self.place, self.in_pass = 0, 0, 0
        self.draws: Any = None

    def read(self, number: int, places: list[int], kept: dict[str, Any] | None = None) -> list[Any]:
        """The items at some places, ascending.

        Args:
            number: of the pass, from 0, where each epoch is one; else it is not asked.
            places: from 0: of the pass, or of the stream over all passes.
            kept: see ``state``; of a place before these it spares reading what came before.

        Raises:
            InputError: the stream ends before, or goes on behind the last place of a pass.
        """
        with self._own_draws():
            if self.iterator is None or places[0] < self.place or (self.count is not None and number != self.number):
                self.begin(number if self.count is not None else 0)
                self.place = 0
            fits = kept is not None and (self.count is None or kept["number"] == number)
            if kept is not None and fits and self.has_state and self.place < kept["place"] <= places[0]:
                self._load(kept)
            items = [self._at(place) for place in places]
            if self.count is not None and places[-1] == self.count - 1 and next(self._items(), self) is not self:
                raise InputError(self._unequal("more than"))
        return items

    def first(self, most: int | None = None) -> Iterator[Any]:
        """The items of the first pass, at most so many, whose draws are those of a pass but not kept apart."""
        self.begin(0)
        for number, item in enumerate(self._items(), start=1):
            yield item
            if number == most:
                return

    def state(self) -> dict[str, Any] | None:
        """Plain values by which another reader goes on behind the last item; None where the stream has no state."""
        if not self.has_state:
            return None
        state = deepcopy(self.stream.state_dict())
        counts = {"number": self.number, "place": self.place, "in_pass": self.in_pass}
        return counts | {"state": state, "draws": _plain_draws(self.draws)}

    def _load(self, kept: dict[str, Any]) -> None:
        self.begin(kept["number"])
        self.stream.load_state_dict(deepcopy(kept["state"]))
        self.iterator = iter(self.stream)
        self.place, self.in_pass = kept["place"], kept["in_pass"]
        _set_draws(_read_draws(kept["draws"]))

    def _at(self, place: int) -> Any:
        while True:
            item = self._next()
            self.place += 1
            if self.place > place:
                return item

    def _next(self) -> Any:
        item = next(self._items(), self)
        if item is self:
            if self.count is not None:
                raise InputError(self._unequal("only"))
            if self.in_pass == 0:
                raise InputError(f"data.train: {type(self.stream).__name__} gave no sample in pass {self.number}")
            self.begin(self.number + 1)
            return self._next()
        self.in_pass += 1
        return item

    def _items(self) -> Iterator[Any]:
        assert self.iterator is not None
        return self.iterator

    def begin(self, number: int) -> None:
        if self.has_state:
            self.stream.load_state_dict(deepcopy(self.first_state))
        self.number, self.in_pass = number, 0
        seed_batch(self.seed, number, 0)
        if hasattr(self.stream, "set_epoch"):
            self.stream.set_epoch(number)
        self.iterator = iter(self.stream)

    def _unequal(self, how: str) -> str:
        return (
            f"data.train: {type(self.stream).__name__} gave {how} {self.in_pass} samples in pass {self.number}, and "
            f"{self.count} before; set data.samples_per_epoch"
        )

    @contextmanager
    def _own_draws(self) -> Iterator[None]:
        others = _draws()
        if self.draws is not None:
            _set_draws(self.draws)
        try:
            yield
        finally:
            self.draws = _draws()
            _set_draws(others)


def _draws() -> tuple[Any, ...]:
    return torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002 (what streams draw from)


def _set_draws(draws: tuple[Any, ...]) -> None:
    torch.set_rng_state(draws[0])
    np.random.set_state(draws[1])  # noqa: NPY002
    random.setstate(draws[2])


def _plain_draws(draws: tuple[Any, ...]) -> list[Any]:
    """As a checkpoint may hold them: tensors, numbers and text."""
    _, words, *numbers = draws[1]
    return [
        draws[0],
        [torch.from_numpy(words.astype(np.int64)), *numbers],
        [*draws[2][:1], list(draws[2][1]), draws[2][2]],
    ]


def _read_draws(kept: list[Any]) -> tuple[Any, ...]:
    ours, (words, *numbers), (version, state, gauss) = kept
    return ours, ("MT19937", words.numpy().astype(np.uint32), *numbers), (version, tuple(state), gauss)
