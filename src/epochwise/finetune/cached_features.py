"""Features of frozen layers, computed once."""

import hashlib
import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from epochwise.finetune.bound_plan import BoundPlan
from epochwise.finetune.cut import Cut, NothingToCutError
from epochwise.input_error import InputError
from epochwise.model.stages import fingerprint


class FeatureStore:
    """One row of features a sample. A sample is known by its content, so it does not matter who asks in which order.

    Rows lie in memory, and in a file that is mapped into it once they are large. The file has no name: it goes with the
    process, however that ends.

    Args:
        most_bytes: of rows in memory.
    """

    def __init__(self, most_bytes: int = 2**30) -> None:
        self.most_bytes = most_bytes
        self.clear()

    def clear(self) -> None:
        """Forget all rows."""
        self.place: dict[bytes, int] = {}
        self.rows = torch.empty(0)

    def get(self, keys: list[bytes]) -> Tensor | None:
        """The rows (B, ...) of samples; ``None`` where one of them is not known."""
        places = [self.place.get(key) for key in keys]
        return None if None in places else self.rows[torch.tensor(places)]

    def put(self, keys: list[bytes], features: Tensor) -> None:
        """Keep the rows (B, ...) of samples, those that are known already as they are."""
        new = {key: index for index, key in enumerate(keys) if key not in self.place}
        if not new:
            return
        count = len(self.place)
        with torch.inference_mode(False), torch.no_grad():  # what a validation stored has to serve training
            if count + len(new) > len(self.rows):
                self._grow(max(2 * len(self.rows), count + len(new), 256), features)
            self.rows[count : count + len(new)] = features[list(new.values())].to(self.rows.device)
        self.place |= {key: count + index for index, key in enumerate(new)}

    def _grow(self, length: int, features: Tensor) -> None:
        shape = (length, *features.shape[1:])
        size = length * features[0].numel()
        old = self.rows[: len(self.place)]
        if size * features.element_size() <= self.most_bytes:
            self.rows = torch.empty(shape, dtype=features.dtype)
        else:
            with tempfile.TemporaryDirectory() as folder:  # once mapped, a file needs no name
                path = str(Path(folder) / "features")
                self.rows = torch.from_file(path, shared=True, size=size, dtype=features.dtype).view(shape)
        if len(old):
            self.rows[: len(old)] = old


def content_keys(x: Tensor) -> list[bytes]:
    """16 bytes for each of the B samples of (B, ...), equal where their numbers are."""
    rows = x.detach().cpu().contiguous().flatten(1).view(torch.uint8).numpy()
    return [hashlib.blake2b(row, digest_size=16).digest() for row in rows]


class CachedFeatures:
    """Stands in for a network's ``forward`` while a part of it is frozen, and remembers what that part gave.

    Samples are known by their content (``FeatureStore``), so training, validation and test share what is remembered and
    a sample that changes is another one. It is forgotten where the trunk's weights or statistics change, or the
    precision that it is run in.

    Most changes show in ``Tensor._version``, which costs nothing and is looked at each batch. What is written through
    ``.data`` does not, as where an average of weights is put in for a validation: the weights themselves are looked at
    wherever a training epoch or a validation begins, and at the end of an epoch (``hold``).

    Args:
        network: its input is a batch (B, ...).
    """

    def __init__(self, network: nn.Module) -> None:
        self.network, self.store = network, FeatureStore()
        self.cut: Cut | None = None
        self.versions: list[tuple[int, int]] | None = []  # None: not to be relied on
        self.weights: tuple[int, ...] = ()
        self.training = False  # whether the last batch was one of training
        self.precision: tuple[object, ...] = ()

    def begin(self) -> None:
        """Cut the network anew, at the next batch, by what trains now; the features of another cut are forgotten."""
        self.end()
        self.store.clear()
        self.network.forward = self._forward

    def doubt(self) -> None:
        """Look at the weights themselves at the next batch."""
        self.versions = None

    def hold(self) -> None:
        """Hold that nothing has changed the trunk unseen since the last batch, where that was one of this stage.

        Raises:
            InputError: something has: features of other weights may have been used.
        """
        cut = self.cut
        if cut is None or self.training is not self.network.training or self.versions != self._versions(cut):
            return
        if self.weights != fingerprint(self._tensors(cut)):
            raise InputError(
                "finetune.cache_features: frozen weights were changed within an epoch, through .data, by a callback or "
                "the task; set it to false"
            )

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
        self._forget_what_changed(self.cut, x)
        keys = content_keys(x)
        features = self.store.get(keys)
        if features is None:
            features = self.cut.trunk(x)
            self.store.put(keys, features)
        return self.cut.rest(x, features.to(x.device))

    def _forget_what_changed(self, cut: Cut, x: Tensor) -> None:
        if self.training is not self.network.training:
            self.doubt()
        kind = x.device.type
        autocast = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else None
        versions, precision = self._versions(cut), (x.dtype, autocast)
        if self.versions != versions or self.precision != precision:
            weights = fingerprint(self._tensors(cut))
            if (weights, precision) != (self.weights, self.precision):  # weights may have been put back as they were
                self.store.clear()
            self.weights, self.versions, self.precision = weights, versions, precision
        self.training = self.network.training

    @staticmethod
    def _tensors(cut: Cut) -> list[Tensor]:
        return [tensor for module in cut.trunk_modules for tensor in (*module.parameters(), *module.buffers())]

    def _versions(self, cut: Cut) -> list[tuple[int, int]]:
        return [(tensor._version, tensor.data_ptr()) for tensor in self._tensors(cut)]


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
