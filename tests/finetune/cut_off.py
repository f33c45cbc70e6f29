"""Runs with three phases that are cut off at any place and gone on with."""

import pytest

from epochwise.commands.train import train
from epochwise.task.classification import Classification

from tests.outcome import outcome
from tests.power_cut import PowerCut

PHASES = (
    "[{at_epoch:0,unfreeze:head},{at_epoch:2,unfreeze:[stage2,stage3]},"
    "{at_epoch:4,unfreeze:[stem,stage1],freeze:stage3}]"
)
STEPS = 3  # an epoch
BASE = (
    "model=small_resnet",
    "model.widths=[2,4,4]",
    "data.batch_size=64",
    f"trainer.limit_train_batches={STEPS}",
    "trainer.limit_val_batches=1",
    "trainer.max_epochs=6",
    "finetune=plan",
    f"finetune.phases={PHASES}",
    "finetune.lr_decay=0.7",
    "callbacks.last_checkpoint.every_n_steps=1",
    "~callbacks.model_summary",
    "~callbacks.progress_bar",
    "~callbacks.confusion_matrix",
    "name=test",
)
OPTIMIZERS = {"sgd": ["optimizer=sgd"], "adamw": ["optimizer=adamw", "optimizer.lr=0.01"]}
SCHEDULES = {
    "none": ["scheduler=none"],
    "cosine": ["scheduler=cosine"],
    "one_cycle": ["scheduler=one_cycle"],
    "plateau": ["scheduler=plateau", "scheduler.patience=0", "optimizer.lr=0.3"],
    "lambda": [
        "scheduler=none",
        "scheduler._target_=torch.optim.lr_scheduler.LambdaLR",
        "~scheduler.factor",
        "~scheduler.total_iters",
        "+scheduler.lr_lambda={_target_:builtins.pow,_partial_:true,_args_:[0.8]}",
    ],
}
#: Where a run is cut off: in every epoch of every phase within the epoch, after its last batch, and after its end.
POINTS = [(epoch, place) for epoch in range(6) for place in ("mid-epoch", "last batch", "epoch end")]


def settings(optimizer, schedule):
    return (*BASE, *OPTIMIZERS[optimizer], *SCHEDULES[schedule])


def whole_run(folder, composed, overrides):
    """What the run came to that was left alone."""
    train(composed(*overrides, run_folder=folder))
    return outcome(folder)


def cut_and_resumed(folder, composed, overrides, point):
    """What the run came to that was cut off at a point and gone on with."""
    epoch, place = point
    hook, index = {
        "mid-epoch": ("training_step", STEPS * epoch + 1),
        "last batch": ("on_validation_start", epoch),
        "epoch end": ("training_step", STEPS * (epoch + 1)) if epoch < 5 else ("on_test_start", 0),
    }[place]
    seen, hooked = [], getattr(Classification, hook)

    def cut(self, *args):
        counts = not self.trainer.sanity_checking
        if counts and len(seen) == index:
            raise PowerCut
        seen.extend([1] * counts)
        return hooked(self, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Classification, hook, cut)
        with pytest.raises(PowerCut):
            train(composed(*overrides, run_folder=folder))
    train(composed(*overrides, "resume=auto", run_folder=folder))
    return outcome(folder)
