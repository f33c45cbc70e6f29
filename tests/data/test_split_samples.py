import numpy as np
import pytest

from epochwise.data.samples import Samples
from epochwise.data.splits.split_samples import split_samples
from epochwise.input_error import InputError


def three_classes(*counts):
    y = np.repeat([0, 1, 2], counts)
    return Samples(np.arange(len(y)), y, ["a", "b", "c"])


def test_splits_share_no_sample_and_lose_none():
    splits = split_samples({"train": three_classes(40, 40, 20)}, 0.1, 0.2, seed=0)
    assert {name: len(split) for name, split in splits.items()} == {"train": 70, "val": 10, "test": 20}
    assert sorted(np.concatenate([split.x for split in splits.values()])) == list(range(100))


def test_rows_targets_and_names_stay_together():
    given = three_classes(40, 40, 20)
    for split in split_samples({"train": given}, 0.1, 0.2, seed=0).values():
        assert split.names == [str(row) for row in split.x]
        assert (split.y == given.y[split.x]).all()


def test_every_class_has_its_share_of_every_split():
    splits = split_samples({"train": three_classes(40, 40, 20)}, 0.1, 0.2, seed=0)
    assert np.bincount(splits["val"].y).tolist() == [4, 4, 2]
    assert np.bincount(splits["test"].y).tolist() == [8, 8, 4]


def test_cut_follows_from_its_seed():
    cuts = [split_samples({"train": three_classes(40, 40, 20)}, 0.1, 0.2, seed)["val"].x.tolist() for seed in (0, 0, 1)]
    assert cuts[0] == cuts[1] != cuts[2]


def test_published_split_is_taken_as_it_is():
    published = Samples(np.arange(100, 103), np.array([0, 0, 1]), ["a", "b", "c"])
    splits = split_samples({"train": three_classes(40, 40, 20), "test": published}, 0.1, 0.2, seed=0)
    assert splits["test"] is published
    assert len(splits["train"]) == 90
    assert max(splits["train"].x.max(), splits["val"].x.max()) < 100


def test_numbers_are_cut_without_classes():
    splits = split_samples({"train": Samples(np.arange(20), np.linspace(0, 1, 20))}, 0.1, 0.2, seed=0)
    assert {name: len(split) for name, split in splits.items()} == {"train": 14, "val": 2, "test": 4}


@pytest.mark.parametrize(
    ("counts", "val_fraction", "test_fraction", "message"),
    [
        ((4, 4, 4), 0.5, 0.5, r"data.val_fraction=0.5: 6 of 6 samples held out leave none to train on"),
        ((9, 9, 9), 0.2, 0.01, r"data.test_fraction=0.01: 1 of 27 samples held out: too few for 3 classes"),
        ((1, 1, 0), 0.3, 0.3, r"data.test_fraction=0.3: 1 of 2 samples held out: too few for 3 classes"),
        ((40, 40, 1), 0.1, 0.2, r"class 'c' is too small to be in train, val and test"),
        ((80, 80, 3), 0.1, 0.2, r"class 'c' has 3 sample\(s\), too few for one to be in val"),
    ],
)
def test_too_few_samples_are_an_error(counts, val_fraction, test_fraction, message):
    with pytest.raises(InputError, match=message):
        split_samples({"train": three_classes(*counts)}, val_fraction, test_fraction, seed=0)


def test_groups_with_labels_are_cut_so_that_a_rare_label_is_in_each_part():
    groups = np.repeat(np.arange(60), 3)
    labels = np.stack([groups < 6, groups % 2 == 0], axis=1).astype(float)  # one of ten groups; every other one
    given = Samples(np.arange(180), labels, ["rare", "common"], groups=groups, kind="labels")
    for seed in range(10):
        splits = split_samples({"train": given}, 0.2, 0.2, seed)
        of = {name: set(split.groups.tolist()) for name, split in splits.items()}
        assert not of["train"] & of["val"] | of["train"] & of["test"] | of["val"] & of["test"]
        assert {name: len(groups & set(range(6))) for name, groups in of.items()} == {"train": 4, "val": 1, "test": 1}
