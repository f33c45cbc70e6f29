import numpy as np
import pytest

from epochwise.data.digits import Digits
from epochwise.data.samples import Samples, noisy_labels
from epochwise.input_error import InputError

SAMPLES = Samples(np.arange(4000), np.arange(4000) % 4, ["a", "b", "c", "d"])


def test_three_in_four_of_the_labels_drawn_anew_are_wrong():
    changed = noisy_labels(SAMPLES, 0.4, seed=0).y != SAMPLES.y
    assert changed.mean() == pytest.approx(0.4 * 3 / 4, abs=0.02)


def test_more_noise_keeps_the_noise_of_less():
    some, more = (noisy_labels(SAMPLES, share, seed=0).y for share in (0.2, 0.5))
    assert (more[some != SAMPLES.y] == some[some != SAMPLES.y]).all()


def test_numbers_have_no_labels():
    with pytest.raises(InputError, match=r"label_noise: got 0\.2, but the targets are numbers"):
        noisy_labels(Samples(np.arange(3), np.arange(3.0)), 0.2, seed=0)


def test_a_data_module_draws_training_labels_alone_and_keeps_each_in_smaller_sets():
    clean, noisy, few = Digits(), Digits(label_noise=0.5), Digits(label_noise=0.5, max_train_samples=100)
    for data in (clean, noisy, few):
        data.setup()
    targets = [data.splits["train"][list(range(data.num_samples["train"]))][1] for data in (clean, noisy, few)]
    assert (targets[0] != targets[1]).float().mean() == pytest.approx(0.45, abs=0.05)
    for split in ("val", "test"):
        rows = list(range(clean.num_samples[split]))
        assert (clean.splits[split][rows][1] == noisy.splits[split][rows][1]).all()
    assert few.num_samples["train"] == 100
    named = dict(zip(noisy.sample_names("train"), targets[1].tolist(), strict=True))
    assert targets[2].tolist() == [named[name] for name in few.sample_names("train")]
