"""Several optimizer steps in one execution of Lightning's training loop."""

from statistics import median
from time import perf_counter
from typing import Any, Literal

import lightning as L
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning.pytorch.utilities.rank_zero import rank_zero_only

from epochwise.loops.execution_steps import obstacle, steps_for
from epochwise.loops.hooks import Hooks
from epochwise.loops.optimizer_step import OptimizerStep
from epochwise.loops.validation import Validation
from epochwise.run.epoch_place import Phases

#: What callbacks and modules are told of each batch.
HOOKS = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)
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
    tests/loops/test_lightning_source.py holds their source, test_executions.py beside it compares the two ways.

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
        self.hooks: Any = None  # those of the epoch
        self.step: Any = None
        self.validates: bool | None = None  # whether this epoch is one that may validate; not known
        val_loop = self.val_loop
        how = {"verbose": val_loop.verbose, "inference_mode": val_loop.inference_mode}
        self.val_loop = Validation(trainer, val_loop._trainer_fn, val_loop._stage, **how)

    @classmethod
    def put_into(cls, trainer: L.Trainer, steps: int | Literal["auto"], phases: Phases) -> None:
        """Let a trainer that has not begun take its steps so."""
        if steps != 1:
            trainer.fit_loop.epoch_loop = cls(trainer, steps, phases)

    def reset(self) -> None:
        super().reset()
        self.hooks = Hooks(self.trainer, HOOKS, ("configure_gradient_clipping",))
        self.step = OptimizerStep(self.trainer, self.hooks)
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
        self.begins, self.validates = True, self._should_check_val_epoch()
        while True:
            self._take_batch(data_fetcher)
            if self.global_step >= until or self.done or self._should_check_val_fx(data_fetcher):
                break
            self.begins = trainer.world_size == 1  # one process needs no agreement
            self._between()
        self.begins, self.validates = True, None
        trainer.lightning_module._current_fx_name = named

    def _should_check_val_epoch(self) -> bool:
        return super()._should_check_val_epoch() if self.validates is None else self.validates

    def _between(self) -> None:
        """What Lightning does behind a batch that no validation follows."""
        if any(each.reduce_on_plateau for each in self.trainer.lr_scheduler_configs):
            self.update_lr_schedulers("step", update_plateau_schedulers=True)
        if not self._should_accumulate():
            self._batches_that_stepped += 1
        self._save_loggers_on_train_batch_end()
        if not self._is_training_done and self.trainer.received_sigterm:
            raise SIGTERMException
        self.on_iteration_done()

    def _take_batch(self, data_fetcher: Any) -> None:
        """What Lightning's ``advance`` does with a batch, in its order."""
        progress, connector = self.batch_progress, self.trainer._logger_connector
        batch, _, _ = next(data_fetcher)
        batch_idx = self.batch_idx + 1
        progress.is_last_batch = data_fetcher.done
        batch = self.hooks.to_device(batch)
        progress.increment_ready()
        connector.on_batch_start(batch)
        output: dict[str, Any] | None = None
        skips_the_rest = False
        if batch is not None:
            skips_the_rest = self.hooks.call("on_train_batch_start", batch, batch_idx) == -1
            if skips_the_rest:
                progress.increment_by(0, is_last_batch=True)
            else:
                progress.increment_started()
                output = self.step.take(batch, batch_idx)
        progress.increment_processed()
        self._step_schedules()
        if self._num_ready_batches_reached():
            self.update_lr_schedulers("epoch", update_plateau_schedulers=False)
        if skips_the_rest:
            raise StopIteration
        self.hooks.call("on_train_batch_end", output, batch, batch_idx)
        logged = self.has_logged
        if logged:
            connector.on_batch_end()
        else:
            self._results.batch = self._results.batch_size = None
        progress.increment_completed()
        if logged:
            connector.update_train_step_metrics()

    @property
    def has_logged(self) -> bool:
        """Whether something was logged in training since Lightning began to count anew."""
        return any(not each.has_reset for each in self._results.values())

    @property
    def logged_metrics(self) -> dict[str, Any]:
        """The Trainer's, which looks through all that is kept even where nothing is new."""
        connector = self.trainer._logger_connector
        return connector.logged_metrics if self.has_logged else connector._logged_metrics

    def _step_schedules(self) -> None:
        """What Lightning does behind a batch with schedules that count steps and follow no score."""
        if self._should_accumulate():
            return
        taken = self.batch_progress.current.ready
        for config in self.trainer.lr_scheduler_configs:
            if config.reduce_on_plateau or config.interval != "step" or taken % config.frequency:
                continue
            self.scheduler_progress.increment_ready()
            self.hooks.name("lr_scheduler_step")
            self.hooks.module.lr_scheduler_step(config.scheduler, None)
            self.scheduler_progress.increment_completed()
