"""The next token, at each place of a text."""

from collections.abc import Callable
from math import log
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics.classification import MulticlassAccuracy

from epochwise.data.target import IGNORE, check_task
from epochwise.task.supervised import Supervised


class LanguageModel(Supervised):
    """Cross-entropy of the token after each, scored by perplexity and bits a token.

    A batch counts by its tokens, padding (``data.target.IGNORE``) left out. So perplexity is that of the whole split,
    exp of the mean over all its tokens, not a mean over batches of their perplexities.

    Args:
        network: maps tokens (B, T) to logits (B, T, V), those at a place from that place and those before it.
        optimizer: see ``Supervised``.
        scheduler: see ``Supervised``.
        target: what the data has for targets; must be ``"tokens"``.
        num_tokens: V.
        target_entropy: of the training split's tokens by their shares, in nats: what guessing costs; 0, not known.
        monitor: see ``Supervised``.

    Raises:
        ValueError: the targets are of another kind.
    """

    metrics: ClassVar[dict[str, str]] = {"loss": "min", "perplexity": "min", "bits_per_token": "min", "accuracy": "max"}

    def __init__(
        self,
        network: nn.Module,
        optimizer: Callable[..., Optimizer],
        scheduler: Callable[..., LRScheduler | ReduceLROnPlateau],
        target: str,
        num_tokens: int,
        target_entropy: float = 0.0,
        monitor: str = "val/loss",
    ) -> None:
        check_task(target, "tokens")
        accuracy = MulticlassAccuracy(num_tokens, average="micro", ignore_index=IGNORE, validate_args=False)
        super().__init__(network, optimizer, scheduler, {"accuracy": accuracy}, monitor)
        self.num_tokens, self.target_entropy = num_tokens, target_entropy

    def count(self, y: Tensor) -> int:
        """The tokens of (B, T) that count."""
        return int((y != IGNORE).sum())

    def output_shape(self, y: Tensor) -> tuple[int, ...]:
        return *y.shape, self.num_tokens

    def compute_loss(self, output: Tensor, y: Tensor) -> Tensor:
        """Mean cross-entropy of logits (B, T, V) and next tokens (B, T), in nats a token; 0 where none counts."""
        each = F.cross_entropy(output.flatten(0, 1), y.flatten(), ignore_index=IGNORE, reduction="sum")
        return each / max(self.count(y), 1)

    def derived(self, values: dict[str, Tensor]) -> dict[str, Tensor]:
        """With ``perplexity``, exp of the loss, and ``bits_per_token``, the loss in bits."""
        loss = values["loss"]
        return values | {"perplexity": loss.exp(), "bits_per_token": loss / log(2)}

    def reference_scores(self) -> dict[str, tuple[float, float | None]]:
        """Of guessing by the tokens' shares. The entropy of a language, the least there is, nobody knows."""
        if not self.target_entropy:
            return {}
        entropy = self.target_entropy
        return {
            "loss": (entropy, None),
            "perplexity": (float(torch.tensor(entropy, dtype=torch.float64).exp()), None),
            "bits_per_token": (entropy / log(2), None),
        }

    def predict(self, output: Tensor) -> Tensor:
        """The likeliest next tokens (B, T) of logits (B, T, V)."""
        return output.max(dim=-1).indices  # on a CPU argmax takes twice as long

    def predict_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Of each text, (B, 2): its loss in nats a token, and how many of its tokens count.

        Args:
            batch: ``[x, y]``, tokens (B, T) and the one after each.
            batch_idx: as Lightning gives it.
        """
        output, y = self(batch[0]), batch[1]
        each = F.cross_entropy(output.transpose(1, 2), y, ignore_index=IGNORE, reduction="none").sum(dim=1)
        counts = (y != IGNORE).sum(dim=1)
        return torch.stack([each / counts.clamp_min(1), counts.to(each.dtype)], dim=1)
