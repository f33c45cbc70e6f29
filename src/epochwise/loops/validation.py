"""A validation that calls the hooks that there are."""

from typing import Any

from lightning.pytorch.loops.evaluation_loop import _EvaluationLoop
from lightning.pytorch.loops.fetchers import _PrefetchDataFetcher
from lightning.pytorch.utilities.exceptions import SIGTERMException
from lightning.pytorch.utilities.signature_utils import is_param_in_hook_signature

from epochwise.loops.execution_steps import watched
from epochwise.loops.hooks import Hooks

HOOKS = ("on_validation_batch_start", "on_validation_batch_end")


class Validation(_EvaluationLoop):
    """Lightning's validation within a run; what it does with a batch is a third of it on a small network.

    Batches go through the same hooks in the same order, without asking for those that there are not (``loops.hooks``).
    Several loaders, a profiler, a strategy of another kind and a ``validation_step`` that takes an iterator are left to
    Lightning, as is all that comes before and behind the batches. It leans on Lightning's loops as they are in 2.6:
    tests/loops/test_lightning_source.py holds their source.
    """

    hooks: Hooks | None = None
    takes_index = True

    def reset(self) -> None:
        super().reset()
        trainer: Any = self.trainer
        plain = type(self._data_fetcher) is _PrefetchDataFetcher and self.num_dataloaders == 1
        self.hooks = Hooks(trainer, HOOKS) if plain and not watched(trainer) else None
        self.takes_index = is_param_in_hook_signature(trainer.lightning_module.validation_step, "batch_idx", min_args=2)

    def teardown(self) -> None:
        super().teardown()
        self.hooks = None  # what a callback holds goes when the run is over

    def _evaluation_step(self, batch: Any, batch_idx: int, dataloader_idx: int, dataloader_iter: Any) -> None:
        hooks = self.hooks
        if hooks is None:
            super()._evaluation_step(batch, batch_idx, dataloader_idx, dataloader_iter)
            return
        trainer, progress, connector = self.trainer, self.batch_progress, self.trainer._logger_connector
        named = hooks.names["_current_fx_name"]
        batch = hooks.to_device(batch)
        progress.increment_ready()
        connector.on_batch_start(batch)
        hooks.call("on_validation_batch_start", batch, batch_idx)
        progress.increment_started()
        hooks.name("validation_step")
        output = trainer.strategy.validation_step(*([batch, batch_idx] if self.takes_index else [batch]))
        progress.increment_processed()
        hooks.call("on_validation_batch_end", output, batch, batch_idx)
        hooks.name(named)
        connector.on_batch_end()
        progress.increment_completed()
        if not trainer.sanity_checking:
            self._has_run = True
            connector.update_eval_step_metrics(self._seen_batches_per_dataloader[dataloader_idx])
            self._seen_batches_per_dataloader[dataloader_idx] += 1
        if not progress.is_last_batch and trainer.received_sigterm:
            raise SIGTERMException
