import doctest

from epochwise.callbacks import progress_bar


def test_the_examples_of_its_documentation_hold():
    assert doctest.testmod(progress_bar).attempted > 0
    assert doctest.testmod(progress_bar).failed == 0


def test_an_epoch_that_was_not_validated_shows_train_alone():
    assert progress_bar.epoch_line(0, {"train/loss": 1.0, "grad_norm": 2.0}) == "epoch   0   train loss 1.0000"
