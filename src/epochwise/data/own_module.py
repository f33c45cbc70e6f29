"""One's own LightningDataModule, with loaders of its own."""

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import lightning as L
import torch
from annotated_types import Ge
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.utilities.seed import isolate_rng
from lightning_utilities.core.apply_func import apply_to_collection
from torch import Tensor
from torch.utils.data import DataLoader

from epochwise.data.spec import Spec, kept_spec
from epochwise.data.splits.batch_seed import seed_batch
from epochwise.data.splits.epoch_batches import EvenBatches
from epochwise.data.target import Target
from epochwise.epochs.plan import count_batches
from epochwise.input_error import InputError
from epochwise.items.batches import as_float32
from epochwise.items.form import Form
from epochwise.items.loader import LoaderSplit, Ready, SeededBatches
from epochwise.items.loader_spec import loader_spec, promises
from epochwise.items.shards import batch_digest
from epochwise.task.meters import count_samples


class Alone:
    """What a data module is told of the processes before there is a trainer: its loaders are those of one."""

    world_size = num_devices = num_nodes = 1
    global_rank = local_rank = node_rank = 0
    training = False


@dataclass(eq=False, kw_only=True)
class OwnModule(L.LightningDataModule):
    """Any LightningDataModule, whose loaders and hooks stay as they are; its batches are read as items of ``data.own``.

    What of a run's promises holds is said before the first step (``notes``). The order of a training epoch follows from
    ``order_seed`` and the epoch, so that a run that goes on reads its batches again up to its place; that is exact
    where all that the loader draws comes from torch, numpy and ``random``. The targets of classes, numbers and labels
    are read once from the training loader.

    Args:
        module: the data module: one loader for each of ``train``, ``val`` and ``test``.
        batches_per_epoch: the next so many batches are an epoch; needed where the training loader has no length.
        target: see ``data.own``.
        inputs: see there.
        target_key: see there.
        class_names: see there.
        num_outputs: see there; of masks and tokens, and what a network for targets of another kind answers.
        class_counts: training samples, or pixels, of each class: needed of masks; of classes and labels it spares
            reading them.
        target_names: T names, of several numbers.
        num_tokens: V, the size of the vocabulary, where ``x`` are tokens; else 0.
        pad_id: the token of padding.
        order_seed: of what is drawn in training, which follows from it, the epoch and the batch.

    Raises:
        InputError: it is no data module; or, once it is set up, a line for each thing that is missing.
    """

    module: Any
    batches_per_epoch: Annotated[int, Ge(1)] | None = None
    target: Target | None = None
    inputs: list[str] | None = None
    target_key: str | None = None
    class_names: list[str] | None = None
    num_outputs: Annotated[int, Ge(1)] | None = None
    class_counts: list[Annotated[int, Ge(0)]] | None = None
    target_names: list[str] | None = None
    num_tokens: Annotated[int, Ge(0)] = 0
    pad_id: Annotated[int, Ge(0)] = 0
    order_seed: Annotated[int, Ge(0)] = 0

    def __post_init__(self) -> None:
        super().__init__()
        if not isinstance(self.module, L.LightningDataModule):
            raise InputError(f"data.module: got {type(self.module).__name__}, allowed: a LightningDataModule")
        self.form = Form(self.inputs, self.target_key)
        self.spec: Spec | None = None
        self.splits: dict[str, Any] = {}
        self.notes: list[str] = []
        self.num_samples = dict.fromkeys(("train", "val", "test"), 0)
        self.drop_last, self.batch_size = False, 1

    def prepare_data(self) -> None:
        self.module.prepare_data()

    def setup(self, stage: str | None = None) -> None:
        if self.splits:
            return
        if stage == "all":
            raise InputError("split=all: a data module has splits of its own; allowed: train, val, test")
        with isolate_rng():
            for each in ("fit", "validate", "test"):
                self.module.setup(each)
            loaders = {split: self._one(split) for split in self.num_samples}
            if stage == "test":
                self.splits = {split: LoaderSplit(loader, self.read_batch) for split, loader in loaders.items()}
                return
            self._learn(loaders)

    def train_dataloader(self) -> SeededBatches:
        """Those of the module, in an order that follows from the epoch."""
        place = self._place if self.trainer is not None else None
        loader = self._one("train")
        self._check_ranks()
        return SeededBatches(loader, self.order_seed, self.batches_per_epoch, place)

    def val_dataloader(self) -> Any:
        return self._one("val")

    def test_dataloader(self) -> Any:
        return self._one("test")

    def split_dataloader(self, split: str) -> Any:
        """The loader of a split."""
        return self._one(split)

    def dataloader_of(self, samples: Any) -> DataLoader:
        """Batches of samples of the training data set, every sample once.

        Raises:
            InputError: it gives none by their index.
        """
        if not len(samples):
            raise InputError(
                "callbacks.train_eval: the training loader has no samples by index; drop it: ~callbacks.train_eval"
            )
        rank, world = (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)
        batches: Any = EvenBatches(len(samples), self.batch_size, rank, world)
        return DataLoader(samples, batch_sampler=batches, collate_fn=self._one("train").collate_fn)

    def two_samples(self) -> Any:
        """The first two training samples, as ``Ready``."""
        return self.two

    def sample_names(self, split: str) -> list[str]:
        """The places of the samples of a split, in the order of its loader."""
        return [str(place) for place in range(len(self.splits[split]))]

    def predict_data(self, path: str) -> tuple[list[str], DataLoader]:
        raise InputError(f"predict={path}: how a file becomes a sample, data.module alone knows; allowed: split=...")

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int = 0) -> Any:
        """That of the module, after what is drawn for a training batch was made to follow from its place."""
        if self.trainer is not None and self.trainer.training:
            seed_batch(self.order_seed, *self._place(), self.trainer.global_rank)
        return batch if isinstance(batch, Ready) else self.module.on_before_batch_transfer(batch, dataloader_idx)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        return self.module.transfer_batch_to_device(batch, device, dataloader_idx)

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int = 0) -> Any:
        """That of the module; then ``[x, y]``."""
        if isinstance(batch, Ready):
            return batch
        x, y = self.form.parts(self.module.on_after_batch_transfer(batch, dataloader_idx))
        size = len(next(iter(x.values())) if isinstance(x, dict) else x)
        return [as_float32(x), torch.zeros(size, 0) if y is None else as_float32(y)]

    def teardown(self, stage: str) -> None:
        self.module.teardown(stage)

    def state_dict(self) -> dict[str, Any]:
        if self.spec is None:
            return {}
        return {"spec": asdict(self.spec), "learned": {}, "module": self.module.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.spec, _ = kept_spec(state_dict)
        self.module.load_state_dict(state_dict.get("module", {}))

    def _one(self, split: str) -> Any:
        self.module.trainer = self.trainer or Alone()
        try:
            loader = getattr(self.module, f"{split}_dataloader")()
        except MisconfigurationException:
            loader = None
        if loader is None or isinstance(loader, (list, tuple, dict)):
            got = "none" if loader is None else f"{len(loader)}"
            raise InputError(f"data.module: {split}_dataloader gives {got}; allowed: one loader")
        return loader

    def read_batch(self, batch: Any) -> list[Any]:
        """``[x, y]`` of a batch of a loader, by the module's hooks."""
        return self.on_after_batch_transfer(self.module.on_before_batch_transfer(batch, 0))

    def _place(self) -> tuple[int, int]:
        trainer: Any = self.trainer
        loop = trainer.fit_loop
        epoch = 0 if getattr(trainer, "overfit_batches", 0) else loop.epoch_progress.current.processed
        return epoch, loop.epoch_loop.batch_progress.current.completed

    def _learn(self, loaders: dict[str, Any]) -> None:
        """Find the spec, the sizes, and what is to be said of this module."""
        loader = loaders["train"]
        if not hasattr(loader, "__len__") and self.batches_per_epoch is None:
            raise InputError("data.batches_per_epoch: the training loader has no length; give it one")
        try:
            x, y = self.read_batch(next(iter(SeededBatches(loader, self.order_seed, 1, None))))
        except (ValueError, StopIteration) as error:
            raise InputError(f"data.module: a training batch {error or 'is not there'}") from error
        several = isinstance(x, dict)
        if not all(isinstance(each, Tensor) for each in (x.values() if several else [x])):
            raise InputError(
                "data.module: a training batch has an x that is no tensor; allowed: tensors, a dict of them"
            )
        self.two = Ready(apply_to_collection([x, y], Tensor, lambda each: each[:2]))
        size = count_samples(x)
        for split, each in loaders.items():
            batches = len(each) if hasattr(each, "__len__") else 0
            there = len(each.dataset) if hasattr(getattr(each, "dataset", None), "__len__") else batches * size
            if split == "train":
                self.batch_size = getattr(each, "batch_size", None) or size
                batches = self.batches_per_epoch or batches
                whole = batches * self.batch_size
                there = there if count_batches(there, self.batch_size) == batches and there <= whole else whole
            self.num_samples[split] = there
        dataset = getattr(loader, "dataset", None)
        self.splits = {"train": dataset if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__") else []}
        self.notes = promises(type(self.module).__name__, loader)
        if self.spec is None:
            self.spec = loader_spec(self, loader, x, y)

    def _check_ranks(self) -> None:
        trainer: Any = self.trainer
        if trainer is None or trainer.world_size == 1:
            return
        with isolate_rng():
            here = torch.tensor(float(batch_digest(self.read_batch(next(iter(self._one("val")))))), dtype=torch.float64)
        every = trainer.strategy.all_gather(here)
        if bool((every == every[0]).all()):
            raise InputError(
                f"data.module: every process of {type(self.module).__name__} gets the same batches, so each sample "
                "would count more than once; allowed: trainer.devices=1, a DistributedSampler, or data=own"
            )
