"""What all data sets of picture files share: they are looked at once, and read batch by batch in one size."""

import logging
from abc import ABC
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Gt

from epochwise.data.pictures.measured_workers import MeasuredWorkers
from epochwise.data.pictures.picture_cache import GIB, DiskCache, MemoryCache, PictureCache
from epochwise.data.pictures.picture_files import PictureFiles, channel_statistics, unreadable_pictures
from epochwise.data.pictures.picture_view import WHITE, Fit, PictureView, colour
from epochwise.data.split_data_module import SplitDataModule
from epochwise.input_error import InputError, first_lines


@dataclass(eq=False, kw_only=True)
class SizedPictures(MeasuredWorkers, SplitDataModule, ABC):
    """Pictures of any size, whose ``x`` are paths. A subclass gives ``load``.

    The pictures are read by the workers, batch by batch; all of them are looked at once before the first step, or
    before that of the first run of all with ``cache: disk``. Mean and standard deviation come from at most 2,048
    training pictures.

    Args:
        image_size: height and width to which pictures are brought, in pixels.
        channels: 1 for grey, 3 for colour; pictures of the other kind are converted.
        fit: what becomes of a picture that is no square: ``crop`` cuts off its ends, ``pad`` puts ``background`` around
            it, ``squash`` changes its proportions. None: ``crop``, or what the network was trained with.
        background: under what is transparent, and around what is padded: a name, ``#rrggbb`` or [r, g, b]. None:
            white, as in web pages and viewers, or what the network was trained with.
        on_error: what to do about a picture that cannot be read: ``raise``, or ``skip`` it and say so.
        cache: ``memory`` or ``disk`` keeps pictures as they were read, in the size that the network sees: the next
            epoch takes them from there, and from a disk any other run and fold too. None: each is read every time.
        cache_gib: the most that is kept, in GiB (2**30 bytes); what is beyond is read each time.
        cache_folder: where ``disk`` keeps them, in ``pictures.sqlite``.

    Raises:
        InputError: workers beside a cache in memory; no such colour; a picture that is missing or cannot be read;
            ``fit`` or ``background`` are not those that the network was trained with.
    """

    image_size: Annotated[int, Ge(8)] = 64
    channels: Literal[1, 3] = 3
    fit: Fit | None = None
    background: str | Sequence[int] | None = None
    on_error: Literal["raise", "skip"] = "raise"
    cache: Literal["memory", "disk"] | None = None
    cache_gib: Annotated[float, Gt(0)] = 4.0
    cache_folder: str = "datasets/cache"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cache == "memory" and self.num_workers not in (0, "auto"):
            raise InputError(
                f"data.num_workers={self.num_workers}: pictures that data.cache=memory keeps lie in one process; "
                "allowed: auto or 0, or data.cache=disk"
            )
        self.view = PictureView(self.fit or "crop", WHITE if self.background is None else colour(self.background))

    def learn(self, x: Any) -> dict[str, Any]:
        return channel_statistics(self.encode(x), max_samples=2048)

    def encode(self, x: Any) -> PictureFiles:
        return PictureFiles(x, (self.channels, self.image_size, self.image_size), self.view, self.kept)

    @cached_property
    def kept(self) -> PictureCache | None:
        """What was read of them, for the next time."""
        max_bytes = int(self.cache_gib * GIB)
        if self.cache == "disk":
            return DiskCache(f"{self.cache_folder}/pictures.sqlite", max_bytes)
        return MemoryCache(max_bytes) if self.cache == "memory" else None

    @property
    def lies_in_memory(self) -> bool:
        return self.cache == "memory"

    @property
    def fills_a_cache(self) -> bool:
        return self.cache is not None

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        asked = self.view
        super().load_state_dict(state_dict)
        check_view(self, asked)

    def unusable(self, paths: Sequence[str]) -> set[str]:
        """Look at every picture that no cache on a disk knows to be one.

        Args:
            paths: N files.

        Returns:
            Those that are to be left out, under ``on_error: skip``; a warning names them.

        Raises:
            InputError: one is missing or cannot be read, under ``on_error: raise``; all are named, or the first ten.
        """
        missing = [path for path in paths if not Path(path).is_file()]
        absent = set(missing)
        there = [path for path in paths if path not in absent]
        disk = self.kept if isinstance(self.kept, DiskCache) else None
        unchecked = dict.fromkeys(there, b"") if disk is None else disk.unchecked(there)
        faults = unreadable_pictures(list(unchecked))
        if disk is not None:
            disk.keep_checked([key for path, key in unchecked.items() if path not in faults])
        lines = [f"{path}: no such picture" for path in missing]
        lines += [f"{path}: not a readable picture ({fault})" for path, fault in faults.items()]
        if lines and self.on_error == "raise":
            raise InputError(*first_lines(lines, "; data.on_error=skip leaves them out"))
        if lines:
            log = logging.getLogger(__name__)
            log.warning("data.on_error=skip: left out %d of %d pictures: %s", len(lines), len(paths), "; ".join(lines))
        return {*missing, *faults}


def check_view(data: Any, asked: PictureView) -> None:
    """Hold how pictures are asked to be seen against how the network saw them (``data.view``).

    Raises:
        InputError: ``fit`` or ``background`` was given, and is another.
    """
    for name in ("fit", "background"):
        ours, theirs = getattr(asked, name), getattr(data.view, name)
        if getattr(data, name) is not None and ours != theirs:
            raise InputError(f"data.{name}: got {ours}; the network was trained with {theirs}")
