"""Features of samples, found again by what the samples are."""

import hashlib
import tempfile
from pathlib import Path

import torch
from torch import Tensor


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
