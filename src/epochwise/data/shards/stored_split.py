"""A split that lies in shards: its inputs, its targets, and batches of both, each sample read once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from epochwise.data.pictures.picture_cache import read_each
from epochwise.data.pictures.picture_files import read_picture
from epochwise.data.pictures.picture_view import PictureView
from epochwise.data.samples import Samples
from epochwise.data.shards.shard_rows import ShardRows
from epochwise.data.spec import Spec
from epochwise.input_error import InputError


class StoredPictures(Dataset):
    """Pictures of shards: ``pictures[list of indices]`` is a tensor uint8 (B, C, H, W).

    Args:
        rows: encoded as their files were.
        shape: C, H, W.
        view: how they are brought to it.
    """

    def __init__(self, rows: ShardRows, shape: Sequence[int], view: PictureView) -> None:
        self.rows, self.shape, self.view = rows, tuple(shape), view

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: list[int]) -> torch.Tensor:
        return self.decoded(self.rows.read(places)[0], places)

    def decoded(self, x: list[bytes], places: list[int]) -> torch.Tensor:
        """Pictures that have been read."""
        return torch.stack(read_each(list(zip(x, places, strict=True)), self._decoded))

    def _decoded(self, one: tuple[bytes, int]) -> torch.Tensor:
        picture, place = one
        try:
            return read_picture(picture, "", self.shape, self.view)
        except InputError as error:
            raise InputError(f"{self.rows.folder}: {self.rows.where(place)}{error}") from error


class StoredRows(Dataset):
    """Rows of shards: ``rows[list of indices]`` is a tensor float32 (B, F)."""

    def __init__(self, rows: ShardRows) -> None:
        self.rows = rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, places: list[int]) -> torch.Tensor:
        return self.decoded(self.rows.read(places)[0], places)

    def decoded(self, x: np.ndarray, places: list[int]) -> torch.Tensor:
        """Rows that have been read."""
        return torch.from_numpy(x)


class StoredTargets:
    """The targets of a split, as a network with ``spec`` counts them.

    Args:
        rows: where they lie.
        spec: of the network.
        written: of the shards, fields of ``Spec``: their classes may stand in another order.

    Raises:
        InputError: the targets are of another kind, or a class is unknown to the network.
    """

    def __init__(self, rows: ShardRows, spec: Spec, written: dict[str, Any]) -> None:
        self.rows, self.spec = rows, spec
        self.kind, self.class_names = written["target"], list(written["class_names"]) or None
        several = written["num_outputs"] if self.kind == "labels" or written.get("target_names") else 0
        self.tensor(np.zeros((0, several) if several else 0, dtype=np.int64))  # raises what does not fit

    def __len__(self) -> int:
        return len(self.rows)

    def tensor(self, y: np.ndarray) -> torch.Tensor:
        """Targets that have been read."""
        samples = Samples(np.arange(len(y)), y, self.class_names, kind=self.kind)
        return samples.targets(self.spec)

    def every(self) -> torch.Tensor:
        """All of them, read without their inputs."""
        return self.tensor(np.array(self.rows.column("y")))


class StreamSplit(Dataset):
    """Batches ``(x, y)`` of a split for a list of indices, each sample read once for both.

    Args:
        x: its inputs.
        y: its targets.
    """

    def __init__(self, x: StoredPictures | StoredRows, y: StoredTargets) -> None:
        self.x, self.y = x, y

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, places: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = self.x.rows.read(places)
        return self.x.decoded(x, places), self.y.tensor(y)

    @property
    def datasets(self) -> tuple[Any, torch.Tensor]:
        """``x``, and all targets in memory, which are read when one asks: to score a held-out split."""
        return self.x, self.y.every()
