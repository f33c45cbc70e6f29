"""What to try next, as overrides of the command line."""

from dataclasses import dataclass

from epochwise.epochs.evidence import Evidence


@dataclass(frozen=True)
class Advice:
    """One thing to try: overrides to add to the command line, and why."""

    override: str
    reason: str


def advise(label: str, num_epochs: int, evidence: Evidence | None) -> tuple[Advice, ...]:
    """Turn a verdict's label into what to try, the likeliest first.

    Args:
        label: see ``Verdict``.
        num_epochs: E, epochs run.
        evidence: None where nothing was measured.

    Source:
        Smith 2018, https://arxiv.org/abs/1803.09820, sections 3 and 4; Goodfellow, Bengio & Courville 2016,
        https://www.deeplearningbook.org, section 11.3 and chapter 7.
    """
    more = f"trainer.max_epochs={max(num_epochs * 2, 8)}"
    if label == "still_improving":
        return (
            Advice(more, "the score still improves: give it twice the epochs"),
            Advice("optimizer.lr=LARGER", "about three times the rate may get there in fewer epochs"),
        )
    if label == "overfitting":
        best = evidence.best_epoch + 1 if evidence else num_epochs
        return (
            Advice(f"trainer.max_epochs={best}", "what came after the best epoch only fitted the training samples"),
            Advice("stopping=early stopping.patience=5", "stop by itself once the score no longer improves"),
            Advice("model.dropout=0.5", "units left out at random cannot learn samples by heart"),
            Advice("optimizer.weight_decay=0.1", "smaller weights make a smoother function"),
            Advice("data.augment=TRANSFORM", "for pictures: samples that change cannot be learned by heart"),
            Advice("model.hidden_sizes=[64]", "a smaller network has less room to learn samples by heart"),
        )
    if label == "underfitting":
        return (
            Advice("model.hidden_sizes=[512,512]", "more epochs will not help a network that is too small"),
            Advice("optimizer.lr=LARGER", "a rate that is too small, or far too large, levels off early"),
            Advice("model.dropout=0 optimizer.weight_decay=0", "what holds against overfitting holds back here"),
        )
    if label == "diverged":
        return (
            Advice("optimizer.lr=SMALLER", "a tenth of the rate: steps that are too long lead away from the minimum"),
            Advice("trainer.gradient_clip_val=1.0", "bounds the step that one bad batch can cause"),
            Advice("scheduler=cosine scheduler.warmup_epochs=2", "short steps first, while gradients are large"),
        )
    if label == "undecided" and evidence is not None and evidence.validated_epochs >= 8:
        return (
            Advice("data.val_fraction=0.3", "more validation samples make the score less noisy"),
            Advice("optimizer.lr=SMALLER", "a third of the rate makes a calmer curve"),
        )
    if label == "undecided":
        return (Advice(more, "too few epochs to judge"),)
    return (Advice("-m seed=0,1,2,3,4", "it fits: see how much of the score is luck"),)
