"""Loaders whose batches follow from (seed, epoch) alone."""

import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import lightning as L
import torch
from annotated_types import Ge
from torch.nn import functional as functional_nn
from torch.utils.data import DataLoader, StackDataset
from torchvision import tv_tensors

from epochwise.data.pictures.batch_memory import unit_floats
from epochwise.data.pictures.channel_scales import ChannelScales
from epochwise.data.splits.batch_seed import seed_batch
from epochwise.data.splits.epoch_batches import EpochBatches, EvenBatches
from epochwise.data.splits.late_loader import LateLoader
from epochwise.data.target import IGNORE, IN_WORDS
from epochwise.device.kept_samples import KeptBatches, check_kept, kept_samples
from epochwise.input_error import InputError


@dataclass(eq=False, kw_only=True)
class BatchedDataModule(L.LightningDataModule):
    """Gives the batches of ``splits``; which samples stand in them, a subclass says.

    Args:
        batch_size: samples of one batch on one device.
        order_seed: of the order of the training samples, which follows from it and the epoch alone.
        shuffle: a new order of the training samples each epoch.
        drop_last: leave out the last training batch of an epoch where it is not full.
        num_workers: processes that read batches; 0 is fastest for data held in memory.
        keep_on_device: samples that lie in memory are brought to the device that trains, once, and batches are cut
            there. ``auto``: on a GPU, where they fit well; true: wherever they fit.
        augment: changes a whole batch of training pictures, floats in [0, 1], with one draw a batch: a torchvision v2
            transform; None leaves them as they are. Masks go with their pictures.
        mix: mixes the samples of a training batch and their targets, after ``augment``: torchvision's v2 ``MixUp`` or
            ``CutMix``. It is given a class as C shares, so it needs no ``num_classes``.
    """

    batch_size: Annotated[int, Ge(1)] = 64
    order_seed: Annotated[int, Ge(0)] = 0
    shuffle: bool = True
    drop_last: bool = False
    num_workers: Annotated[int, Ge(0)] = 0
    keep_on_device: bool | Literal["auto"] = "auto"
    augment: Callable[..., Any] | None = None
    mix: Callable[..., Any] | None = None
    loader_class: ClassVar[type[LateLoader]] = LateLoader

    def __post_init__(self) -> None:
        super().__init__()
        self.splits: dict[str, StackDataset] = {}
        self.learned: dict[str, Any] = {}
        self._scales = ChannelScales()
        #: Samples by who they are, with those on a device that they were brought to.
        self._kept: dict[tuple[int, torch.device], tuple[Any, Any]] = {}
        #: (epoch, batch, samples): where one that was begun in other batches was gone on with, and what it had taken.
        self.begun = (0, 0, 0)

    def train_dataloader(self) -> DataLoader:
        """Training batches in the order of the epoch; the same in every epoch under ``trainer.overfit_batches``."""
        samples, trainer = self.splits["train"], self.trainer
        check_kept(samples, self.keep_on_device, self.num_workers)
        overfit = trainer is not None and getattr(trainer, "overfit_batches", 0) > 0
        shuffle = self.shuffle and not overfit
        position = self._taken if trainer is not None else None
        count, order_of = (len(samples), None) if overfit else self._epochs
        batches = EpochBatches(
            count,
            self.batch_size,
            self.order_seed,
            shuffle,
            self.drop_last,
            self._rank,
            self._world_size,
            position,
            order_of,
        )
        return self._loader(samples, batches)

    def val_dataloader(self) -> DataLoader:
        return self.split_dataloader("val")

    def test_dataloader(self) -> DataLoader:
        return self.split_dataloader("test")

    def split_dataloader(self, split: str) -> DataLoader:
        """Batches ``[x, y]`` of a split in the order of evaluation, every sample once."""
        return self.dataloader_of(self.splits[split])

    def dataloader_of(self, samples: Any) -> DataLoader:
        """Batches of anything that gives one for a list of indices, in its order, every sample once."""
        return self._loader(samples, EvenBatches(len(samples), self.batch_size, self._rank, self._world_size))

    def two_samples(self) -> Any:
        """A batch of two training samples (of one, where there is one alone, twice), as the loader gives it."""
        samples = self.splits["train"]
        return samples[[0, min(1, len(samples) - 1)]]

    def digests(self, overfit: bool = False) -> dict[str, str]:
        """What tells the ``order`` of an epoch from others, and what is ``held_out`` from other samples.

        Args:
            overfit: whether ``trainer.overfit_batches`` is set.
        """
        train, *held_out = ("train", "val", "test")
        order = f"{self._digest(train)} {self.order_seed} {self.shuffle and not overfit}"
        return {"order": order, "held_out": " ".join(map(self._digest, held_out))}

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int = 0) -> Any:
        """Let what is drawn for a training batch follow from the epoch and the batch's place in it."""
        if self.trainer is not None and self.trainer.training:
            seed_batch(self.order_seed, *self._position(), self._rank)
        return batch

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Nothing where it is there already: Lightning would look at each of its parts."""
        first = batch[0] if isinstance(batch, (list, tuple)) else batch
        is_there = device.type == "cpu" or (isinstance(first, torch.Tensor) and first.device == device)
        return batch if is_there else super().transfer_batch_to_device(batch, device, dataloader_idx)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int = 0) -> Any:
        """Scale, augment and mix (in training alone) and normalise a batch on its device.

        Args:
            batch: ``[x, y]`` or ``x``; ``x`` a tensor (B, ...), or several of them by name.
            dataloader_idx: as Lightning gives it.

        Returns:
            The same with pictures, uint8 (B, C, H, W), as floats: brought to [0, 1], and normalised by ``learned``
            where that has a mean (of several inputs by name, ``inputs``). Other integers, as tokens, stay.
        """
        trains = self.trainer is not None and bool(self.trainer.training)
        x, y, *rest = batch if isinstance(batch, (list, tuple)) else (batch, None)
        if trains and self.augment is not None:
            x, y = self.augmented(self._scaled(x), y)
        x = self._scales.scaled(x, self.learned)
        if not isinstance(batch, (list, tuple)):
            return x
        if trains and self.mix is not None:
            x, y = self._mixed(x, y)
        return [x, y, *rest]

    def augmented(self, x: Any, y: Any) -> tuple[Any, Any]:
        """With ``augment``; a mask (B, H, W) of integers is moved with its picture, and padded with what is ignored."""
        if self.augment is None:
            return x, y
        if not isinstance(y, torch.Tensor) or y.ndim != 3 or y.is_floating_point():
            return self.augment(x), y
        # Where a picture is turned or cropped beyond its edge, a mask is filled with 0: so 0 is what says nothing.
        shifted = tv_tensors.Mask((y - IGNORE).to(torch.int32))
        picture, mask = self.augment(tv_tensors.Image(x), shifted)
        return picture.as_subclass(torch.Tensor), mask.as_subclass(torch.Tensor).long() + IGNORE

    def _scaled(self, x: Any) -> Any:
        if isinstance(x, Mapping):
            return {name: self._scaled(each) for name, each in x.items()}
        is_number = x.is_floating_point() or x.dtype == torch.uint8
        return unit_floats(x) if is_number else x

    def _mixed(self, x: Any, y: Any) -> tuple[Any, Any]:
        spec: Any = getattr(self, "spec", None)
        kind = spec.target if spec else "own"
        if kind not in ("class", "labels") or not isinstance(x, torch.Tensor):
            raise InputError(
                f"data.mix: got {type(self.mix).__name__}, but what the data has is {IN_WORDS[kind][0]} for "
                "one tensor; allowed: null, or data with classes or labels"
            )
        shares = functional_nn.one_hot(y, spec.num_outputs).float() if kind == "class" else y
        assert self.mix is not None
        return self.mix(x, shares)

    def _digest(self, split: str) -> str:
        targets = self.splits[split].datasets[1] if split in self.splits else torch.zeros(0)
        if not isinstance(targets, torch.Tensor):  # read batch by batch: one knows them by their names
            return f"{len(targets)}:{zlib.crc32(repr(getattr(self, 'names', {}).get(split)).encode())}"
        return f"{len(targets)}:{zlib.crc32(targets.numpy().tobytes())}"

    def _loader(self, samples: Any, batches: EpochBatches | EvenBatches) -> DataLoader:
        strategy: Any = getattr(self.trainer, "strategy", None)
        device = strategy.root_device if strategy else torch.device("cpu")
        kept = self._on_device(samples, device) if strategy else None
        return self.loader_class(
            samples if kept is None else kept,
            sampler=batches if kept is None else KeptBatches(batches, device),
            batch_size=None,  # the sampler gives whole batches
            num_workers=self.num_workers,
            # Its own: each iterator draws from it, and the run's would then depend on how often one validates.
            generator=torch.Generator().manual_seed(self.order_seed),
            persistent_workers=self.num_workers > 0,
            # From there a copy to a GPU goes on beside what it computes.
            pin_memory=kept is None and (device.type == "cuda" if strategy else torch.cuda.is_available()),
        )

    def _on_device(self, samples: Any, device: torch.device) -> Any:
        """The samples on the device, brought there once; None where they stay."""
        key = id(samples), device
        if key not in self._kept or self._kept[key][0] is not samples:
            self._kept[key] = samples, kept_samples(samples, device, self.keep_on_device, self.num_workers)
        return self._kept[key][1]

    def _position(self) -> tuple[int, int]:
        """The epoch, from 0, and how many of its batches have been taken."""
        loop: Any = self.trainer and self.trainer.fit_loop
        return loop.epoch_progress.current.processed, loop.epoch_loop.batch_progress.current.completed

    def _taken(self) -> tuple[int, int]:
        """The epoch, and how many of its samples all devices have taken."""
        epoch, batches = self._position()
        _, batch, samples = self.begun if self.begun[0] == epoch else (epoch, 0, 0)
        return epoch, samples + (batches - batch) * self.batch_size * self._world_size

    @property
    def _epochs(self) -> tuple[int, Callable[[int], Any] | None]:
        """The samples of one, and its ``order_of`` where ``EpochBatches`` draws none."""
        return len(self.splits["train"]), None

    @property
    def _rank(self) -> int:
        return self.trainer.global_rank if self.trainer else 0

    @property
    def _world_size(self) -> int:
        return self.trainer.world_size if self.trainer else 1
