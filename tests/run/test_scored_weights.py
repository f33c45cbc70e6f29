from types import SimpleNamespace

import lightning as L
import pytest
from lightning.pytorch.callbacks import LambdaCallback
from lightning.pytorch.strategies import SingleDeviceStrategy

from epochwise.input_error import InputError
from epochwise.run.weight_average import ScoredWeights

from tests.run.test_weight_average import LOADER, Counts


def changes(trainer, task, *_):
    if not trainer.sanity_checking:
        task.weight.data.mul_(-1)


def fit(folder, callback):
    trainer = L.Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[callback, ScoredWeights()],
        default_root_dir=folder,
        max_epochs=2,
    )
    trainer.fit(Counts(), LOADER, LOADER)


@pytest.mark.parametrize("hook", ["on_validation_epoch_end", "on_validation_end", "on_train_epoch_end"])
def test_weights_changed_between_validation_and_checkpoint_are_a_line_that_says_by_whom(tmp_path, hook):
    with pytest.raises(InputError, match="never scored; change them before, in on_validation_start") as caught:
        fit(tmp_path, type("Clips", (L.Callback,), {hook: lambda self, *args: changes(*args)})())
    assert "by Clips:" in str(caught.value)
    assert not list(tmp_path.rglob("*.ckpt"))
    with pytest.raises(InputError, match="by one:"):
        fit(tmp_path, LambdaCallback(**{hook: changes}))


@pytest.mark.parametrize("hook", ["on_validation_start", "on_train_batch_end"])
def test_weights_may_be_changed_before_they_are_scored(tmp_path, hook):
    fit(tmp_path, LambdaCallback(**{hook: changes}))
    assert list(tmp_path.rglob("*.ckpt"))


def test_ranks_that_write_nothing_do_not_look():
    # Their statistics of a BatchNorm become those of rank 0 in the midst of a validation.
    trainer = SimpleNamespace(strategy=SingleDeviceStrategy("cpu"), is_global_zero=False, sanity_checking=False)
    scored = ScoredWeights()
    scored.on_validation_epoch_start(trainer, Counts())
    assert scored.scored is None
