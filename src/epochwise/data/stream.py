"""Data larger than memory: shards that ``python -m epochwise.shards`` wrote, read by sample."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from torch.utils.data import DataLoader

from epochwise.data.pictures.measured_workers import MeasuredWorkers
from epochwise.data.pictures.picture_files import channel_statistics, own_pictures
from epochwise.data.pictures.picture_view import WHITE, Fit, PictureView, colour
from epochwise.data.pictures.sized_pictures import check_view
from epochwise.data.shards.shard_folder import ShardFolder, read_shard_folder
from epochwise.data.shards.shard_rows import ShardRows
from epochwise.data.shards.stored_split import StoredPictures, StoredRows, StoredTargets, StreamSplit
from epochwise.data.shards.window_order import OrderOfPasses, WindowOrder
from epochwise.data.spec import Spec, state_of, take_state
from epochwise.data.tables.columns import encode_columns
from epochwise.data.tables.read_table import read_table
from epochwise.input_error import InputError


@dataclass(eq=False, kw_only=True)
class Stream(MeasuredWorkers):
    """Pictures or rows of a table that lie in shards; what is held in memory does not grow with them.

    The order of an epoch follows from (``order_seed``, epoch) and is cut by places over ranks and workers, as that of
    data in memory: each sample once an epoch, with any number of them, also over a resume with another number. Up to
    ``window`` samples it is the very order of data in memory. Splits were cut when the shards were written.

    Args:
        path: the folder of shards.
        window: samples that are shuffled together, of blocks of neighbours from anywhere: the larger, the better mixed;
            the smaller, the fewer places are read from in a while.
        samples_per_epoch: N, an epoch is the next N samples of passes one after another, each of which gives every
            sample once, in an order of its own; None: a pass.
        image_size: of pictures, height and width to which they are brought, in pixels; None: 64.
        channels: of pictures, 1 for grey, 3 for colour; None: 3.
        fit: see ``data.image_folder``.
        background: see there.

    Raises:
        InputError: the folder is half-made or has no shards, a shard is missing or damaged, a setting is for pictures
            and these are rows, ``fit`` or ``background`` are not those that the network was trained with.
    """

    path: str = "datasets/shards"
    window: Annotated[int, Ge(1)] = 65_536
    samples_per_epoch: Annotated[int, Ge(2)] | None = None
    image_size: Annotated[int, Ge(8)] | None = None
    channels: Literal[1, 3] | None = None
    fit: Fit | None = None
    background: str | Sequence[int] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.spec: Spec | None = None
        self.folder: ShardFolder | None = None
        self.view = PictureView(self.fit or "crop", WHITE if self.background is None else colour(self.background))

    def setup(self, stage: str | None = None) -> None:
        """Look at the folder, and publish ``spec``.

        Args:
            stage: ``all`` takes every sample, split by split, as one split of that name.
        """
        if self.splits:
            return
        self.folder = folder = read_shard_folder(self.path, "data.path")
        self._check_settings(folder.kind)
        parts = folder.splits
        if stage == "all":
            parts = {"all": [shard for shards in parts.values() for shard in shards]}
        rows = {name: ShardRows(folder.path, shards, folder.rows_a_batch) for name, shards in parts.items()}
        x = self._encoded(next(iter(rows.values())))
        shape = tuple(x[[0]].shape[1:])
        if self.spec is None:
            self.learned = dict(folder.learned)
            if folder.kind == "pictures":
                self.learned = channel_statistics(x, max_samples=2048)
            self.spec = replace(Spec(**folder.spec), input_shape=shape)
        self._check_kind(folder, shape)
        for name, each in rows.items():
            targets = StoredTargets(each, self.spec, folder.spec)
            self.splits[name] = StreamSplit(self._encoded(each), targets)  # type: ignore[assignment]

    @property
    def num_samples(self) -> dict[str, int]:
        """Samples in ``val`` and ``test``, and in a training epoch."""
        found = {split: len(self.splits[split]) for split in ("train", "val", "test")}
        return found if self.samples_per_epoch is None else found | {"train": self.samples_per_epoch}

    @property
    def an_epoch_is(self) -> str:
        """In words, which samples an epoch has; nothing where it has all."""
        if self.samples_per_epoch is None:
            return ""
        there = len(self.splits["train"])
        return f"the next of passes over {there:,} samples, each {there / self.samples_per_epoch:,.4g} epochs long"

    def sample_names(self, split: str) -> list[str]:
        """The names of the samples of a split, in the order of evaluation; read when they are asked for."""
        split_of: Any = self.splits[split]
        return [str(name) for name in split_of.x.rows.column("name")]

    def predict_data(self, path: str) -> tuple[list[str], DataLoader]:
        """Read one's own samples without targets: a picture or a folder of them, or a table of rows."""
        if "columns" in self.learned:
            rows = read_table(path, "predict")
            x: Any = encode_columns(rows, self.learned["columns"], bool(self.learned.get("fill")))
            return [str(row) for row in rows.index], self.dataloader_of(x)
        pictures = own_pictures(path, self.spec.input_shape if self.spec else (), self.view)
        return pictures.paths, self.dataloader_of(pictures)

    def state_dict(self) -> dict[str, Any]:
        """What was learned, and how pictures are seen, as plain values; empty before ``setup``."""
        return state_of(self)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what was learned. Data that is set up already is looked at again where that differs."""
        asked = self.view
        take_state(self, state_dict)
        check_view(self, asked)

    @property
    def _epochs(self) -> tuple[int, Callable[[int], Any]]:
        count = self.samples_per_epoch
        if count is None:
            return len(self.splits["train"]), self._order_of
        return count, lambda epoch: OrderOfPasses(count, epoch, self._order_of)

    def _order_of(self, epoch: int) -> Any:
        assert self.folder is not None
        if not self.shuffle:
            return np.arange(len(self.splits["train"]))
        return WindowOrder(len(self.splits["train"]), self.order_seed, epoch, self.window, self.folder.block)

    def _encoded(self, rows: ShardRows) -> Any:
        assert self.folder is not None
        if self.folder.kind == "rows":
            return StoredRows(rows)
        side = self.image_size or 64
        return StoredPictures(rows, (self.channels or 3, side, side), self.view)

    def _check_settings(self, kind: str) -> None:
        if kind == "pictures":
            return
        given: dict[str, Any] = {name: getattr(self, name) for name in ("image_size", "channels", "fit", "background")}
        if faults := [f"data.{name}: got {value!r}, but {self.path} holds rows of a table; allowed: null"
                      for name, value in given.items() if value is not None]:  # fmt: skip
            raise InputError(*faults)

    def _check_kind(self, folder: ShardFolder, shape: tuple[int, ...]) -> None:
        assert self.spec is not None
        if shape != tuple(self.spec.input_shape):
            trained = tuple(self.spec.input_shape)
            raise InputError(f"data: the samples have the shape {shape}; the network was trained on {trained}")
        if folder.kind == "rows" and self.learned.get("columns") != folder.learned["columns"]:
            raise InputError(
                f"data.path={self.path}: its rows were encoded by other training rows than the network was trained on; "
                "allowed: the same shards, or data=table"
            )

    def _digest(self, split: str) -> str:
        if self.folder is None or split not in self.folder.splits:
            return "0"
        sums = repr([shard.crc32 for shard in self.folder.splits[split]])
        order = f" {self.window} {self.folder.block} {self.samples_per_epoch}" if split == "train" else ""
        return f"{self.folder.num_samples(split)}:{zlib.crc32(sums.encode())}{order}"
