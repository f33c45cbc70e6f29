"""Settings of how a device is used that contradict others."""

from typing import Any

#: Modes of torch.compile that replay CUDA graphs.
GRAPHS = ("reduce-overhead", "max-autotune")


def device_faults(tree: dict[str, Any]) -> dict[str, str]:
    """Compare ``compile`` with what it cannot go with.

    Args:
        tree: a resolved config; only values of the right kind are compared, the others are faults of their own.

    Returns:
        Dotted key -> line, for each fault.
    """
    compiles, trainer, finetune = tree.get("compile"), tree.get("trainer"), tree.get("finetune")
    if compiles in (None, False):
        return {}
    said = f"compile: got {str(compiles).lower()}, but"
    if isinstance(finetune, dict) and finetune.get("cache_features") is True:
        return {"compile": f"{said} finetune.cache_features looks samples up in between; drop one of both"}
    batches = trainer.get("accumulate_grad_batches") if isinstance(trainer, dict) else None
    if compiles in GRAPHS and isinstance(batches, int) and batches > 1:
        # https://github.com/pytorch/pytorch/issues/169545: an error, or gradients of the last batch alone.
        what = "the gradients of its CUDA graphs are those of one batch, overwritten by the next"
        return {
            "compile": f"{said} {what}; allowed with trainer.accumulate_grad_batches={batches}: true, "
            "max-autotune-no-cudagraphs, false"
        }
    return {}
