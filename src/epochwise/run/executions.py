"""Several optimizer steps in one execution of Lightning's training loop."""

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any, Literal

import lightning as L
import torch
from lightning.pytorch.loops.optimization.automatic import Closure
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.loops.utilities import _block_parallel_sync_behavior
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning.pytorch.utilities.rank_zero import rank_zero_only
from lightning.pytorch.utilities.signature_utils import is_param_in_hook_signature
from torch import Tensor
from torch.optim import Optimizer

from epochwise.run.epoch_place import Phases
from epochwise.run.execution_steps import obstacle, own_hook, steps_for

#: What callbacks and modules are told of each batch.
HOOKS = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)
SKIPPED = "`training_step` returned `None`. If this was on purpose, ignore this warning..."  # Lightning's words
#: Batches that are measured for ``auto``, behind as many that warm up as the first number says.
WARM_UP, MEASURED = 3, 10


class Executions(_TrainingEpochLoop):
    """Lightning's loop over the batches of an epoch, which may take several optimizer steps at a time.

    For each batch Lightning asks 20 callbacks for 6 hooks, each by name and under a profiler, looks whether to validate
    and builds a closure: 1 ms, as much as a step of a small network. Here the steps of an execution call the hooks that
    there are, and nothing else; all of them, for each batch and in Lightning's order, so callbacks, counts and weights
    are as if each step had been one of Lightning's, to the bit. What comes once an execution is what Lightning does
    behind a batch: looking whether to validate, and agreeing with other processes on signals. An execution ends early
    where a validation is due, and where the epoch or the run ends.

    An execution of 1 step is Lightning's own, unchanged. It leans on Lightning's loops as they are in 2.6:
    tests/run/test_executions.py holds their source, and compares the two ways.

    Args:
        trainer: whose loop it is; ``put_into`` makes it so.
        steps: optimizer steps of an execution, at least 1; ``auto``: from how long the first ones take.
        phases: the run's clock.
    """

    def __init__(self, trainer: L.Trainer, steps: int | Literal["auto"], phases: Phases) -> None:
        before = trainer.fit_loop.epoch_loop
        super().__init__(trainer, before.min_steps, before.max_steps)
        self.asked, self.phases = steps, phases
        self.steps: int | None = None  # not known yet
        self.begins = True  # whether the next batch is the first of an execution
        self.measured: list[tuple[float, float]] = []  # seconds of steps, and of all that is around them
        self.hooks: dict[str, list[Callable[..., Any]]] = {}
        self.module_hooks: dict[str, Callable[..., Any]] = {}
        self.takes_index = True

    @classmethod
    def put_into(cls, trainer: L.Trainer, steps: int | Literal["auto"], phases: Phases) -> None:
        """Let a trainer that has not begun take its steps so."""
        if steps != 1:
            trainer.fit_loop.epoch_loop = cls(trainer, steps, phases)

    def reset(self) -> None:
        super().reset()
        module = self.trainer.lightning_module
        callbacks: list[Any] = self.trainer.callbacks  # type: ignore[attr-defined]  # set on the instance
        self.hooks = {
            name: list(filter(None, (own_hook(one, name, L.Callback) for one in callbacks))) for name in HOOKS
        }
        own = {name: own_hook(module, name, L.LightningModule) for name in (*HOOKS, "configure_gradient_clipping")}
        self.module_hooks = {name: hook for name, hook in own.items() if hook is not None}
        self.takes_index = is_param_in_hook_signature(module.training_step, "batch_idx", min_args=2)
        if self.steps is None and (why := obstacle(self.trainer)):
            self.steps = 1
            self._say(f"1 step an execution: {why}")
        elif self.steps is None and isinstance(self.asked, int):
            self.steps = self.asked

    def advance(self, data_fetcher: Any) -> None:
        if self.steps is None:
            self._measure(data_fetcher)
        elif self.steps == 1 or self.restarting or self.automatic_optimization._skip_backward:
            # Behind a checkpoint Lightning may have a validation to end.
            super().advance(data_fetcher)
        else:
            self._execute(data_fetcher, self.steps)

    def _measure(self, data_fetcher: Any) -> None:
        """Take a step as Lightning does; behind the last one that is measured, choose how many an execution has."""
        before, began = self.phases.so_far(), perf_counter()
        super().advance(data_fetcher)
        whole, after = perf_counter() - began, self.phases.so_far()
        spent = {name: after[name] - before[name] for name in after}
        step = sum(spent[name] for name in ("forward", "loss", "backward", "optimizer"))
        self.measured.append((step, max(whole - step - spent["data"], 0.0)))
        if self.steps is None and len(self.measured) == WARM_UP + MEASURED:
            step, around = (median(each) for each in zip(*self.measured[WARM_UP:], strict=True))
            # Ranks must agree, however fast each is.
            self.steps = int(self.trainer.strategy.broadcast(steps_for(step, around)))
            self._say(
                f"{self.steps} step{'s' * (self.steps > 1)} an execution: a step takes {1000 * step:.1f} ms, "
                f"its hooks {1000 * around:.1f} ms"
            )

    @rank_zero_only
    def _say(self, line: str) -> None:
        bar: Any = self.trainer.progress_bar_callback
        (bar.print if bar is not None else print)(line)

    def _execute(self, data_fetcher: Any, steps: int) -> None:
        """Take so many optimizer steps; the last batch is left to Lightning's ``on_advance_end``."""
        trainer, self.val_loop.restarting = self.trainer, False
        if trainer.world_size > 1:
            self._broadcast_sigterm_tensor()
        until, named = self.global_step + steps, trainer.lightning_module._current_fx_name
        self.begins = True
        while True:
            self._take_batch(data_fetcher)
            if self.global_step >= until or self.done or self._should_check_val_fx(data_fetcher):
                break
            self.begins = trainer.world_size == 1  # one process needs no agreement
            self._between()
        self.begins = True
        trainer.lightning_module._current_fx_name = named

    def _between(self) -> None:
        """What Lightning does behind a batch that no validation follows."""
        self.update_lr_schedulers("step", update_plateau_schedulers=True)
        if not self._should_accumulate():
            self._batches_that_stepped += 1
        self._save_loggers_on_train_batch_end()
        if not self._is_training_done and self.trainer.received_sigterm:
            raise SIGTERMException
        self.on_iteration_done()

    def _take_batch(self, data_fetcher: Any) -> None:
        """What Lightning's ``advance`` does with a batch, in its order."""
        trainer, progress, connector = self.trainer, self.batch_progress, self.trainer._logger_connector
        batch, _, _ = next(data_fetcher)
        batch_idx = self.batch_idx + 1
        progress.is_last_batch = data_fetcher.done
        batch = trainer.precision_plugin.convert_input(batch)
        batch = trainer.lightning_module._on_before_batch_transfer(batch, dataloader_idx=0)
        batch = trainer.strategy.batch_to_device(batch, dataloader_idx=0)
        progress.increment_ready()
        connector.on_batch_start(batch)
        output: dict[str, Any] | None = None
        skips_the_rest = False
        if batch is not None:
            skips_the_rest = self._call("on_train_batch_start", batch, batch_idx) == -1
            if skips_the_rest:
                progress.increment_by(0, is_last_batch=True)
            else:
                progress.increment_started()
                output = self._optimize(batch, batch_idx)
        progress.increment_processed()
        self.update_lr_schedulers("step", update_plateau_schedulers=False)
        if self._num_ready_batches_reached():
            self.update_lr_schedulers("epoch", update_plateau_schedulers=False)
        if skips_the_rest:
            raise StopIteration
        self._call("on_train_batch_end", output, batch, batch_idx)
        connector.on_batch_end()
        progress.increment_completed()
        connector.update_train_step_metrics()

    def _optimize(self, batch: Any, batch_idx: int) -> dict[str, Any]:
        """Learn from a batch, and take a step where it ends one. Returns what ``on_train_batch_end`` is given."""
        trainer, strategy, optimizer = self.trainer, self.trainer.strategy, self.trainer.optimizers[0]
        counts = self.automatic_optimization.optim_progress.optimizer
        made: Any = None

        def learn() -> Tensor | None:
            nonlocal made
            with torch.enable_grad():
                made = self._made(batch, batch_idx)
                if made.closure_loss is None:
                    Closure.warning_cache.warn(SKIPPED)
                if batch_idx % trainer.accumulate_grad_batches == 0:
                    counts.zero_grad.increment_ready()
                    self._call("on_before_zero_grad", optimizer)
                    counts.zero_grad.increment_started()
                    trainer.lightning_module.optimizer_zero_grad(trainer.current_epoch, batch_idx, optimizer)
                    counts.zero_grad.increment_completed()
                if made.closure_loss is not None:
                    strategy.pre_backward(made.closure_loss)
                    self._call("on_before_backward", made.closure_loss)
                    trainer.lightning_module.backward(made.closure_loss)
                    self._call("on_after_backward")
                    strategy.post_backward(made.closure_loss.detach())
            loss: Tensor | None = made.loss
            return loss

        def learn_and_clip() -> Tensor | None:
            loss = learn()
            self._call("on_before_optimizer_step", optimizer)
            self._clip(optimizer)
            return loss

        if self._should_accumulate():
            with _block_parallel_sync_behavior(strategy, block=True):
                learn()
        else:
            counts.step.increment_ready()
            optimizer.step(learn_and_clip)  # type: ignore[arg-type]  # as Lightning does
            counts.step.increment_completed()
        return {} if made.loss is None else dict(made.asdict())

    def _made(self, batch: Any, batch_idx: int) -> Any:
        trainer = self.trainer
        self._name("training_step")
        output = trainer.strategy.training_step(*([batch, batch_idx] if self.takes_index else [batch]))
        if output is None and trainer.world_size > 1:
            raise RuntimeError("training_step returned None, which one of several processes must not do")
        made = self.automatic_optimization.output_result_cls
        return made.from_training_step_output(output, trainer.accumulate_grad_batches)

    def _clip(self, optimizer: Optimizer) -> None:
        trainer, name = self.trainer, "configure_gradient_clipping"
        if trainer.gradient_clip_val is not None or name in self.module_hooks:
            self._name(name)
            how = {"gradient_clip_val": trainer.gradient_clip_val}
            algorithm = trainer.gradient_clip_algorithm
            trainer.lightning_module.configure_gradient_clipping(optimizer, **how, gradient_clip_algorithm=algorithm)

    def _call(self, name: str, *args: Any) -> Any:
        """Call a hook of all callbacks that have it, then the module's; returns what that one says."""
        self._name(name)
        for hook in self.hooks[name]:
            hook(self.trainer, self.trainer.lightning_module, *args)
        return self.module_hooks[name](*args) if name in self.module_hooks else None

    def _name(self, hook: str) -> None:
        """Say in which hook something is logged; a module takes ten times as long to set an attribute."""
        vars(self.trainer.lightning_module)["_current_fx_name"] = hook


def begins_execution(trainer: Any) -> bool:
    """Whether the batch that starts is the first of an execution, before which processes agree."""
    loop = getattr(trainer, "fit_loop", None)
    return bool(getattr(loop and loop.epoch_loop, "begins", True))
