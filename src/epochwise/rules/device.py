"""Settings of how a device is used that contradict others."""

from typing import Any

#: What trainer=fsdp names.
SHARDED = "epochwise.device.sharded_strategy.ShardedStrategy"
#: Modes of torch.compile that replay CUDA graphs.
GRAPHS = ("reduce-overhead", "max-autotune")


def device_faults(tree: dict[str, Any]) -> dict[str, str]:
    """Compare ``compile``, and a network that is spread over ranks, with what they cannot go with.

    Args:
        tree: a resolved config; only values of the right kind are compared, the others are faults of their own.

    Returns:
        Dotted key -> line, for each fault.
    """
    compiles, trainer, finetune = tree.get("compile"), tree.get("trainer"), tree.get("finetune")
    if tree.get("activation_checkpointing") is True:
        said = "activation_checkpointing: got true, but"
        if compiles not in (None, False):
            why = "compile decides itself what is computed again"
            return {"activation_checkpointing": f"{said} {why}; drop one of both"}
        if isinstance(finetune, dict) and finetune.get("cache_features") is True:
            why = "finetune.cache_features computes what is frozen once"
            return {"activation_checkpointing": f"{said} {why}; drop one of both"}
    if _is_sharded(trainer):
        return _sharded_faults(tree)
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


def _is_sharded(trainer: Any) -> bool:
    strategy = trainer.get("strategy") if isinstance(trainer, dict) else None
    return isinstance(strategy, dict) and strategy.get("_target_") == SHARDED


def _sharded_faults(tree: dict[str, Any]) -> dict[str, str]:
    """What needs the network whole, or looks at it from outside."""
    finetune, precision = tree.get("finetune"), tree["trainer"].get("precision")
    caches = isinstance(finetune, dict) and finetune.get("cache_features") is True
    faults = {}
    if tree.get("compile") not in (None, False):
        said = f"compile: got {str(tree['compile']).lower()}, but trainer=fsdp spreads the network over devices"
        faults["compile"] = f"{said}; allowed: false, or trainer=ddp"
    if tree.get("find") not in (None, False):
        faults["find"] = (
            f"find: got {tree['find']!r}, but trainer=fsdp cannot try and go back; allowed with trainer=ddp"
        )
    if tree.get("channels_last") is True:
        said = "channels_last: got true, but trainer=fsdp cuts weights by their first axis and keeps their order"
        faults["channels_last"] = f"{said}; allowed: auto, false"
    if caches:
        said = "finetune.cache_features: got true, but trainer=fsdp has no layer whole outside of a step"
        faults["finetune.cache_features"] = f"{said}; allowed: false"
    if precision in ("64-true", 64, "64"):
        said = f"trainer.precision: got {precision!r}, which trainer=fsdp has not"
        faults["trainer.precision"] = f"{said}; allowed: 32-true, bf16-mixed, 16-mixed, bf16-true, 16-true"
    return faults
