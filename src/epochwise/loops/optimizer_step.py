"""What Lightning's automatic optimization does with a batch, in one call."""

from typing import Any

import torch
from lightning.pytorch.loops.optimization.automatic import Closure
from lightning.pytorch.loops.utilities import _block_parallel_sync_behavior
from lightning.pytorch.utilities.signature_utils import is_param_in_hook_signature
from torch import Tensor
from torch.optim import Optimizer

from epochwise.loops.hooks import Hooks

SKIPPED = "`training_step` returned `None`. If this was on purpose, ignore this warning..."  # Lightning's words


class OptimizerStep:
    """Learn from a batch, and take a step where it ends one.

    Args:
        trainer: that trains.
        hooks: of the epoch.
    """

    def __init__(self, trainer: Any, hooks: Hooks) -> None:
        self.trainer, self.hooks, self.module = trainer, hooks, hooks.module
        self.loop = trainer.fit_loop.epoch_loop.automatic_optimization
        self.takes_index = is_param_in_hook_signature(self.module.training_step, "batch_idx", min_args=2)

    def take(self, batch: Any, batch_idx: int) -> dict[str, Any]:
        """Take a batch. Returns what ``on_train_batch_end`` is given."""
        trainer, hooks, optimizer = self.trainer, self.hooks, self.trainer.optimizers[0]
        strategy, counts = trainer.strategy, self.loop.optim_progress.optimizer
        made: Any = None

        def learn() -> Tensor | None:
            nonlocal made
            with torch.enable_grad():
                made = self._made(batch, batch_idx)
                if made.closure_loss is None:
                    Closure.warning_cache.warn(SKIPPED)
                if batch_idx % trainer.accumulate_grad_batches == 0:
                    counts.zero_grad.increment_ready()
                    hooks.call("on_before_zero_grad", optimizer)
                    counts.zero_grad.increment_started()
                    self.module.optimizer_zero_grad(trainer.current_epoch, batch_idx, optimizer)
                    counts.zero_grad.increment_completed()
                if made.closure_loss is not None:
                    strategy.pre_backward(made.closure_loss)
                    hooks.call("on_before_backward", made.closure_loss)
                    self.module.backward(made.closure_loss)
                    hooks.call("on_after_backward")
                    strategy.post_backward(made.closure_loss.detach())
            loss: Tensor | None = made.loss
            return loss

        def learn_and_clip() -> Tensor | None:
            loss = learn()
            hooks.call("on_before_optimizer_step", optimizer)
            self._clip(optimizer)
            return loss

        if trainer.fit_loop._should_accumulate():
            with _block_parallel_sync_behavior(strategy, block=True):
                learn()
        else:
            counts.step.increment_ready()
            optimizer.step(learn_and_clip)
            counts.step.increment_completed()
        return {} if made.loss is None else dict(made.asdict())

    def _made(self, batch: Any, batch_idx: int) -> Any:
        trainer = self.trainer
        self.hooks.name("training_step")
        output = trainer.strategy.training_step(*([batch, batch_idx] if self.takes_index else [batch]))
        if output is None and trainer.world_size > 1:
            raise RuntimeError("training_step returned None, which one of several processes must not do")
        made, parts = self.loop.output_result_cls, trainer.accumulate_grad_batches
        # A loss divided by 1 is itself, with a node more to go back through.
        whole = parts == 1 and isinstance(output, Tensor)
        return made(output) if whole else made.from_training_step_output(output, parts)

    def _clip(self, optimizer: Optimizer) -> None:
        trainer, name = self.trainer, "configure_gradient_clipping"
        if trainer.gradient_clip_val is not None or name in self.hooks.of_module:
            self.hooks.name(name)
            how = {"gradient_clip_algorithm": trainer.gradient_clip_algorithm}
            self.module.configure_gradient_clipping(optimizer, trainer.gradient_clip_val, **how)
