"""A frozen trunk that is run once for each sample."""

import hashlib

import torch
from torch import Tensor, nn

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.cut import Cut, NothingToCutError
from epochwise.finetune.feature_store import FeatureStore, content_keys
from epochwise.input_error import InputError


class CachedFeatures:
    """Stands in for a network's ``forward`` while a part of it is frozen, and remembers what that part gave.

    Samples are known by their content (``FeatureStore``), so training, validation and test share what is remembered and
    a sample that changes is another one. It is forgotten where the trunk's weights or statistics change.

    Args:
        network: its input is a batch (B, ...).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network, self.store = network, FeatureStore()
        self.cut: Cut | None = None
        self.versions: list[tuple[int, int]] = []
        self.digest = b""

    def begin(self) -> None:
        """Cut the network anew, at the next batch, by what trains now; the features of another cut are forgotten."""
        self.end()
        self.store.clear()
        self.network.forward = self._forward

    def end(self) -> None:
        """Give the network its own ``forward`` back."""
        self.cut = None
        vars(self.network).pop("forward", None)

    def _forward(self, x: Tensor) -> Tensor:
        if self.cut is None:
            try:
                self.cut = Cut(self.network, x)
            except NothingToCutError:
                self.end()
                return self.network(x)
            except ValueError as error:
                name = type(self.network).__name__
                raise InputError(f"finetune.cache_features: {name} cannot be cut: {error}; set it to false") from error
            self.versions, self.digest = self._versions(self.cut), self._digest(self.cut)
        elif self.versions != (versions := self._versions(self.cut)):
            self.versions, before = versions, self.digest
            self.digest = self._digest(self.cut)
            if self.digest != before:  # weights may have been put back as they were
                self.store.clear()
        keys = content_keys(x)
        features = self.store.get(keys)
        if features is None:
            features = self.cut.trunk(x)
            self.store.put(keys, features)
        return self.cut.rest(x, features.to(x.device))

    @staticmethod
    def _tensors(cut: Cut) -> list[Tensor]:
        return [tensor for module in cut.trunk_modules for tensor in (*module.parameters(), *module.buffers())]

    def _versions(self, cut: Cut) -> list[tuple[int, int]]:
        return [(tensor._version, tensor.data_ptr()) for tensor in self._tensors(cut)]

    def _digest(self, cut: Cut) -> bytes:
        found = hashlib.blake2b(digest_size=16)
        for tensor in self._tensors(cut):
            found.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
        return found.digest()


def cached_features(plan: BoundPlan, frozen_mode: str) -> CachedFeatures:
    """Make it for a plan, where a sample's features are the same in every epoch.

    Pictures that augmentation draws anew are found nowhere: ``config.contradictions`` refuses it.

    Raises:
        InputError: they are not, or nothing is ever frozen.
    """
    key = "finetune.cache_features"
    if frozen_mode != "eval":
        raise InputError(f"{key}: got True, but with finetune.frozen_mode={frozen_mode} features depend on their batch")
    if len(plan.trainable_at(0)) == len(plan.lr_scale):
        raise InputError(f"{key}: got True, but nothing is frozen at the start")
    return CachedFeatures(plan.network)
