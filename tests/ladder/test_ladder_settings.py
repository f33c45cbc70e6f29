"""Settings with which runs of several counts are no one run up to their cool-downs."""

import pytest

from epochwise.config.resolve import resolve
from epochwise.ladder.bounds import ladder_faults


@pytest.fixture
def faults(composed):
    def find(*words: str) -> list[str]:
        config, trees = composed(*words, root="epochs"), {}
        for count in (5, 10):
            config.trainer.max_epochs = count
            trees[count] = resolve(config).tree
        return ladder_faults(trees)

    return find


def test_what_epochs_yaml_says_has_no_fault(faults):
    assert faults("+callbacks=ema", "finetune=head", "model=cnn", "+loggers=csv", "optimizer=sgd") == []


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["scheduler=cosine"], "scheduler: got Cosine; epochs.py needs a rate that stays"),
        (["optimizer=schedule_free", "scheduler=none"], "scheduler: got "),
        (["scheduler.max_epochs=10"], "scheduler.max_epochs: each count has its own; leave it out"),
        (["stopping=early"], "stopping: epochs.py compares the ends of whole runs; allowed: stopping=none"),
        (["stopping=adaptive"], "stopping: epochs.py compares the ends of whole runs; allowed: stopping=none"),
        (["trainer.max_time=00:01:00:00"], "trainer.max_time: got '00:01:00:00', which ends a run before its count"),
        (["+trainer.max_steps=100"], "trainer.max_steps: got 100, which ends a run before its count"),
        (["budget=100 steps"], "budget: got '100 steps', which ends a run before its count"),
        (["trainer.check_val_every_n_epoch=2"], "trainer.check_val_every_n_epoch: got 2, so a run of 5 epochs ends"),
        (["+loggers=mlflow"], "loggers.mlflow: MLFlowLogger keeps what was logged elsewhere"),
        (["finetune=other_optimizer"], "finetune.phases.1.optimizer: begins another schedule, where epochs.py draws"),
        (["optimizer.weight_decay=${trainer.max_epochs}"], "optimizer.weight_decay: follows the count"),
    ],
)
def test_what_leaves_no_common_trunk_is_one_line(faults, words, line):
    (said,) = faults(*words)
    assert said.startswith(line)
