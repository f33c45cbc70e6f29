"""What to try next, as overrides of the command line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from epochwise.epochs.evidence import BY_HEART, Evidence

#: Turns and shifts whole batches of pictures of any size a little.
AUGMENT = "'data.augment={_target_: torchvision.transforms.v2.RandomAffine, degrees: [-10, 10], translate: [0.1, 0.1]}'"


@dataclass(frozen=True)
class Advice:
    """One thing to try: overrides to add to the command line of the run as they stand, and why."""

    override: str
    reason: str


def advise(
    label: str,
    num_epochs: int,
    evidence: Evidence | None,
    settings: Mapping[str, Any] | None = None,
    ended: bool = False,
    is_level: bool = False,
) -> tuple[Advice, ...]:
    """Turn a verdict's label into what to try, the likeliest first.

    Args:
        label: see ``Verdict``.
        num_epochs: E, epochs run.
        evidence: None where nothing was measured.
        settings: the run's config as plain nested mappings, as in its ``config.yaml``. An override starts from the
            value there, and one whose key is not there is left out; without any, epochs are all that is spoken of.
        ended: whether the schedule made the curve level off (``ScheduleEnd``).
        is_level: whether the curve has levelled off, whatever that says of fit.

    Source:
        Smith 2018, https://arxiv.org/abs/1803.09820, sections 3 and 4; Goodfellow, Bengio & Courville 2016,
        https://www.deeplearningbook.org, section 11.3 and chapter 7.
    """
    found = _flat(settings or {})
    more = (f"trainer.max_epochs={max(num_epochs * 2, 8)}", "give it twice the epochs")
    smaller_rate = _scaled(found, "optimizer.lr", 0.1)
    larger_rate = _scaled(found, "optimizer.lr", 3)
    candidates: list[tuple[str | None, str]] = []
    if label == "still_improving":
        candidates = [more, (larger_rate, "three times the rate may get there in fewer epochs")]
    elif label == "overfitting":
        best = evidence.best_epoch + 1 if evidence else num_epochs
        has_risen = evidence is None or evidence.rise > evidence.noise
        by_heart = evidence is not None and evidence.learned > BY_HEART
        candidates = [
            (
                f"trainer.max_epochs={best}" if has_risen else None,
                "what came after the best epoch only fitted the training samples",
            ),
            (
                _more_samples(found) if by_heart else None,
                "what is known by heart asks for more samples: see what they bring",
            ),
            (_shifted(found, "model.dropout", 0.2, 0.7), "units left out at random learn less by heart"),
            (_scaled(found, "optimizer.weight_decay", 3), "smaller weights make a smoother function"),
            (AUGMENT if _empty(found, "data.augment") else None, "samples that change cannot be learned by heart"),
            (_sizes(found, 0.25), "a smaller network has less room to learn samples by heart"),
        ]
    elif label == "underfitting":
        candidates = [
            (_sizes(found, 2), "more epochs do not help a network that is too small"),
            (larger_rate, "a rate that is too small levels off early"),
            (_scaled(found, "optimizer.lr", 0.3), "so does one that is far too large"),
            (_shifted(found, "model.dropout", -1, 0.7), "what holds against overfitting holds back here"),
            (_scaled(found, "optimizer.weight_decay", 0), "so does weight decay"),
        ]
    elif label == "diverged":
        candidates = [
            (smaller_rate, "steps that are too long lead away from the minimum"),
            ("trainer.gradient_clip_val=1.0" if _empty(found, "trainer.gradient_clip_val") else None, "bounds a step"),
            (_scaled(found, "scheduler.warmup_epochs", 3), "short steps first, while gradients are large"),
        ]
    elif label == "undecided" and (evidence is None or evidence.validated_epochs < 8):
        candidates = [(more[0], "too few epochs to judge")]
    elif label == "undecided" and is_level:
        candidates = [
            (more[0] if ended else None, "its schedule ended: a longer one may gain"),
            (_sizes(found, 2), "a larger network shows whether there is more to learn"),
        ]
    elif label == "undecided":
        candidates = [
            (_shifted(found, "data.val_fraction", 0.1, 0.4), "more validation samples make a calmer score"),
            (_scaled(found, "optimizer.lr", 0.3), "a smaller rate makes a calmer curve"),
            more,
        ]
    else:
        candidates = [(more[0] if ended else None, "its schedule ended: a longer one may gain")]
    if label == "good_fit" and settings is not None:
        candidates += [("-m seed=0,1,2,3,4", "it fits: see how much of the score is luck")]
    return tuple(Advice(override, reason) for override, reason in candidates if override)


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found[f"{prefix}{key}"] = value
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{key}.")
    return found


def _empty(settings: Mapping[str, Any], key: str) -> bool:
    return key in settings and settings[key] is None


def _number(settings: Mapping[str, Any], key: str) -> float | None:
    value = settings.get(key)
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _scaled(settings: Mapping[str, Any], key: str, by: float) -> str | None:
    value = _number(settings, key)
    return f"{key}={value * by:.3g}" if value else None


def _shifted(settings: Mapping[str, Any], key: str, by: float, most: float) -> str | None:
    value = _number(settings, key)
    if value is None:
        return None
    new = min(max(value + by, 0), max(most, value))
    return f"{key}={new:.3g}" if new != value else None


def _more_samples(settings: Mapping[str, Any]) -> str | None:
    """All of the samples where some were left out, else a curve over fewer of them, whose end says what more bring."""
    if "data.max_train_samples" not in settings:
        return None
    if settings["data.max_train_samples"] is not None:
        return "data.max_train_samples=null"
    counts = settings.get("spec.class_counts")
    count = sum(counts) if isinstance(counts, Sequence) and not isinstance(counts, str) else 0
    return f"-m data.max_train_samples={count // 4},{count // 2},{count}" if count >= 40 else None


def _sizes(settings: Mapping[str, Any], by: float) -> str | None:
    sizes = settings.get("model.hidden_sizes")
    if not isinstance(sizes, Sequence) or isinstance(sizes, str) or not sizes:
        return None
    return f"model.hidden_sizes=[{','.join(str(max(round(size * by), 1)) for size in sizes)}]"
