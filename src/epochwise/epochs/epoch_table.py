"""Rows of epochs that are kept by column."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray


class EpochTable(Sequence[Mapping[str, Any]]):
    """One row an epoch, as those of ``epochs.csv``; a million of them take no more room than their numbers.

    Args:
        columns: name -> (E,) values: ``epoch`` whole numbers, ``events`` texts, others float64 with NaN where a cell is
            empty and inf where a score was measured and was no number.
    """

    def __init__(self, columns: Mapping[str, NDArray[Any]]) -> None:
        self.columns = dict(columns)
        self._length = max(map(len, self.columns.values()), default=0)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> "EpochTable": ...

    def __getitem__(self, index: int | slice) -> Mapping[str, Any]:
        """A row without its empty cells; of a slice, a table."""
        if isinstance(index, slice):
            return EpochTable({name: values[index] for name, values in self.columns.items()})  # type: ignore[return-value]
        row = {name: values[index] for name, values in self.columns.items()}
        return {name: _plain(value) for name, value in row.items() if not _is_empty(value)}

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[index] for index in range(len(self)))

    def __eq__(self, other: object) -> bool:
        """Whether it has the same rows, of whatever kind of sequence."""
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or value != value  # NaN alone is unlike itself


def _plain(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
