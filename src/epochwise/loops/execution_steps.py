"""How many steps an execution of Lightning's loop may have, and should have."""

from typing import Any

import lightning as L
from lightning.pytorch.plugins import DoublePrecision, HalfPrecision, MixedPrecision, Precision
from lightning.pytorch.profilers import PassThroughProfiler
from lightning.pytorch.strategies import DDPStrategy, SingleDeviceStrategy
from lightning.pytorch.utilities.signature_utils import is_param_in_hook_signature

from epochwise.device.sharded_strategy import ShardedStrategy

#: Those that take a step alike, the mixed one without a scaler.
PRECISIONS = (Precision, DoublePrecision, HalfPrecision, MixedPrecision)
#: What hooks may add to a step, steps of an execution, and seconds of one, at most.
SHARE, MOST_STEPS, LONGEST = 0.02, 64, 0.1


def steps_for(step: float, around: float) -> int:
    """How many steps an execution should have.

    Args:
        step: seconds of a step.
        around: seconds of what Lightning does around one.

    Returns:
        The least power of two that brings what is around a step below ``SHARE`` of it; fewer where an execution would
        take longer than ``LONGEST`` seconds, or have more than ``MOST_STEPS`` steps.
    """
    steps = 1
    while around > SHARE * step * steps and 2 * steps <= MOST_STEPS and 2 * steps * step <= LONGEST:
        steps *= 2
    return steps


def watched(trainer: Any) -> str | None:
    """Why batches must be left to Lightning; ``None`` where nothing is in the way."""
    if type(trainer.strategy) not in (SingleDeviceStrategy, DDPStrategy, ShardedStrategy):
        return f"{type(trainer.strategy).__name__} takes its steps in a way of its own"
    if not isinstance(trainer.profiler, PassThroughProfiler):
        return "trainer.profiler is to see each hook"
    return None


def obstacle(trainer: Any) -> str | None:
    """Why a step must be left to Lightning; ``None`` where nothing is in the way."""
    module, strategy, precision = trainer.lightning_module, trainer.strategy, trainer.precision_plugin
    if not module.automatic_optimization:
        return f"{type(module).__name__} takes its steps itself (automatic_optimization=False)"
    if why := watched(trainer):
        return why
    if getattr(strategy, "_model_averager", None) is not None:
        return "its strategy averages models"
    if type(precision) not in PRECISIONS or getattr(precision, "scaler", None) is not None:
        return f"trainer.precision={trainer.precision} takes its steps in a way of its own"
    if getattr(module.optimizer_step, "__func__", None) is not L.LightningModule.optimizer_step:
        return f"{type(module).__name__} has an optimizer_step of its own"
    if is_param_in_hook_signature(module.training_step, "dataloader_iter", explicit=True):
        return f"{type(module).__name__}.training_step takes an iterator"
    return None
