"""A table with one row an epoch, kept by columns: a million epochs fit, and each column is one array."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from epochwise.input_error import InputError

#: Rows that are made at once where a table is walked through.
ROWS_AT_ONCE = 4096


class EpochTable(Sequence[Mapping[str, Any]]):
    """Rows as those of ``epochs.csv``, read like a list of them: what a row lacks is not in it.

    Args:
        columns: name -> (E,) values. Numbers are float64 where a cell may be empty: NaN is an empty one, inf one that
            was measured and is no number; integers have no empty cells. A whole number is one in a row. ``events`` and
            other texts are objects, None or "" where there is none.

    Raises:
        InputError: a column is as long as none of the others, or has more than one dimension.
    """

    def __init__(self, columns: Mapping[str, ArrayLike]) -> None:
        self.columns: dict[str, NDArray[Any]] = {name: _column(values) for name, values in columns.items()}
        lengths = {name: values.shape for name, values in self.columns.items()}
        if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
            raise InputError(f"columns: got the shapes {lengths}, allowed: (E,), the same E for all")
        self._num_epochs = next((shape[0] for shape in lengths.values()), 0)

    def __len__(self) -> int:
        return self._num_epochs

    @overload
    def __getitem__(self, index: int) -> dict[str, Any]: ...

    @overload
    def __getitem__(self, index: slice) -> "EpochTable": ...

    def __getitem__(self, index: int | slice) -> "dict[str, Any] | EpochTable":
        if isinstance(index, slice):
            return EpochTable({name: values[index] for name, values in self.columns.items()})
        at = range(self._num_epochs)[index]
        return _row(self.columns, [values[at : at + 1].tolist()[0] for values in self.columns.values()])

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for start in range(0, self._num_epochs, ROWS_AT_ONCE):
            parts = [values[start : start + ROWS_AT_ONCE].tolist() for values in self.columns.values()]
            yield from (_row(self.columns, cells) for cells in zip(*parts, strict=True))

    def __eq__(self, other: object) -> bool:
        """Whether it has the same rows, of whatever kind of sequence."""
        return isinstance(other, Sequence) and len(self) == len(other) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"EpochTable({self._num_epochs} epochs: {', '.join(self.columns)})"

    def take(self, indices: ArrayLike) -> "EpochTable":
        """The rows at some indices, in their order."""
        return EpochTable({name: values[np.asarray(indices, dtype=np.intp)] for name, values in self.columns.items()})


def _column(values: ArrayLike) -> NDArray[Any]:
    column = np.asarray(values)
    if column.dtype.kind in "biu":
        return column.astype(np.int64, copy=False)
    return column if column.dtype == np.float64 else column.astype(np.float64 if column.dtype.kind == "f" else object)


def _row(names: Mapping[str, Any], cells: Sequence[Any]) -> dict[str, Any]:
    return {name: _plain(cell) for name, cell in zip(names, cells, strict=True) if not _is_empty(cell)}


def _is_empty(cell: Any) -> bool:
    return cell is None or cell == "" or cell != cell  # NaN alone is unlike itself


def _plain(cell: Any) -> Any:
    return int(cell) if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53 else cell
