"""What Lightning itself does in the places where ``loops`` does it."""

import hashlib
import inspect

import lightning as L
import pytest
from lightning.pytorch.loops.evaluation_loop import _EvaluationLoop
from lightning.pytorch.loops.fetchers import _PrefetchDataFetcher
from lightning.pytorch.loops.optimization.automatic import Closure, ClosureResult, _AutomaticOptimization
from lightning.pytorch.loops.training_epoch_loop import _TrainingEpochLoop
from lightning.pytorch.plugins import HalfPrecision, MixedPrecision, Precision
from lightning.pytorch.strategies import DDPStrategy
from lightning.pytorch.strategies.strategy import Strategy
from lightning.pytorch.trainer import call
from lightning.pytorch.trainer.connectors.logger_connector.logger_connector import _LoggerConnector

#: Of Lightning 2.6.6: what this code does in its place. Where one is another, hold that file against it.
SOURCES = {
    # loops/executions.py
    _TrainingEpochLoop.run: "9ff091c84cd7",
    _TrainingEpochLoop.advance: "dd90590eb286",
    _TrainingEpochLoop.on_advance_end: "8edd3ae96599",
    _TrainingEpochLoop.reset: "65900c493f49",
    _TrainingEpochLoop._update_learning_rates: "4d9cbda15b76",
    _TrainingEpochLoop._should_check_val_epoch: "a209f949a2a6",
    _LoggerConnector.logged_metrics.fget: "38a92d2cb730",
    _LoggerConnector.on_batch_end: "910e37278afb",
    _LoggerConnector.update_train_step_metrics: "60aefb4bedf9",
    L.LightningModule._call_batch_hook: "a7e0b7357cb2",
    L.LightningModule._apply_batch_transfer_handler: "168f5bf65759",
    Strategy.batch_to_device: "c726a3515f1b",
    _TrainingEpochLoop._should_accumulate: "42ce6d2cb72b",
    _AutomaticOptimization.run: "2f8e8f756d6b",
    _AutomaticOptimization._optimizer_step: "012d5c18bfec",
    _AutomaticOptimization._make_zero_grad_fn: "7d81213d07cf",
    _AutomaticOptimization._training_step: "59c858769186",
    Closure.closure: "b0f3e4cf86a9",
    ClosureResult.from_training_step_output: "22d1f086aee9",
    Strategy.backward: "55de60695aeb",
    Strategy.optimizer_step: "0932bdd3c973",
    Strategy.training_step: "7cdf5e14381e",
    DDPStrategy.optimizer_step: "998e3387b9c7",
    Precision.pre_backward: "9ca3ca94bbf9",
    Precision.backward: "b3b767752e8c",
    Precision.post_backward: "e005f6ed0645",
    Precision._after_closure: "9cb08fca04c0",
    Precision.optimizer_step: "ccf67c7bd6c6",
    MixedPrecision.pre_backward: "5e33ffea4117",
    MixedPrecision.optimizer_step: "66fbaea7a0d3",
    L.LightningModule.optimizer_step: "7bedde1c0feb",
    call._call_callback_hooks: "db53c7410f78",
    call._call_lightning_module_hook: "160281faa0f9",
    _PrefetchDataFetcher.__next__: "b197e030618b",
    # loops/validation.py
    _EvaluationLoop.reset: "6da83f562811",
    _EvaluationLoop._evaluation_step: "a2f5504c0b30",
    _EvaluationLoop._build_kwargs: "e032b7157bda",
    _EvaluationLoop._build_step_args_from_hook_kwargs: "b5aa70cc7789",
    Strategy.validation_step: "9a2c9936b512",
}


def source(function):
    """A digest of its source without comments and empty lines."""
    lines = [line.split("#")[0].strip() for line in inspect.getsource(inspect.unwrap(function)).splitlines()]
    return hashlib.sha256("\n".join(filter(None, lines)).encode()).hexdigest()[:12]


@pytest.mark.parametrize("function", SOURCES, ids=lambda function: function.__qualname__)
def test_lightning_does_what_this_loop_does_in_its_place(function):
    found = source(function)
    assert found == SOURCES[function], f"{function.__qualname__} of lightning {L.__version__} is another"


def test_half_precision_takes_a_step_as_plain_precision_does():
    for name in ("pre_backward", "backward", "post_backward", "optimizer_step", "_after_closure", "clip_gradients"):
        assert getattr(HalfPrecision, name) is getattr(Precision, name)
