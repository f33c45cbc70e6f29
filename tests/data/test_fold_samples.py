import numpy as np
import pytest
from sklearn import model_selection
from sklearn.model_selection import train_test_split

from epochwise.data.samples import Samples
from epochwise.data.splits.split_samples import fold_samples
from epochwise.input_error import InputError

Y = np.repeat([0, 1, 2], 20)
SAMPLES = Samples(np.arange(60.0)[:, None], Y, ["a", "b", "c"], groups=np.arange(60) // 3)


def fold(splitter, number=0, samples=SAMPLES, **given):
    return fold_samples({"train": samples}, splitter, number, 0.2, 0, **given)


def rows(samples):
    return samples.x[:, 0].astype(int).tolist()


def test_the_folds_are_those_of_a_plain_loop_with_the_same_splitter():
    plain = Samples(SAMPLES.x, Y, SAMPLES.class_names)
    splitter = model_selection.StratifiedKFold(5, shuffle=True, random_state=3)
    rest, test = train_test_split(np.arange(60), test_size=12, random_state=0, stratify=Y)
    for number, (train, val) in enumerate(splitter.split(rest, Y[rest])):
        found = fold(splitter, number, plain)
        assert rows(found["train"]) == rest[train].tolist()
        assert rows(found["val"]) == rest[val].tolist()
        assert rows(found["test"]) == test.tolist()


def test_without_a_number_all_but_test_is_trained_on():
    found = fold(model_selection.KFold(3), None)
    assert len(found["val"]) == 0
    assert sorted(rows(found["train"]) + rows(found["test"])) == list(range(60))


def test_no_group_is_in_two_splits():
    for number in range(4):
        found = fold(model_selection.GroupKFold(4, shuffle=True, random_state=0), number)
        groups = [set(found[split].groups) for split in ("train", "val", "test")]
        assert not (groups[0] & groups[1] or groups[0] & groups[2] or groups[1] & groups[2])
        assert sum(map(len, groups)) == 20


def test_in_the_order_of_time_each_split_comes_after_the_one_before():
    labels = np.tile([0, 1, 2], 20)
    samples = Samples(np.arange(60.0)[:, None], labels, ["a", "b", "c"])
    for number in range(3):
        found = fold(model_selection.TimeSeriesSplit(3), number, samples, in_order=True)
        assert max(rows(found["train"])) < min(rows(found["val"]))
        assert max(rows(found["val"])) < min(rows(found["test"]))
        assert rows(found["test"]) == list(range(48, 60))


def test_published_val_joins_train_and_published_test_stays():
    given = {"train": SAMPLES.take(np.arange(0, 60, 2)), "val": SAMPLES.take(np.arange(1, 60, 4)), "test": SAMPLES}
    found = fold_samples(given, model_selection.KFold(3), None, 0.5, 0)
    assert len(found["train"]) == 45
    assert found["test"] is SAMPLES


@pytest.mark.parametrize(
    ("splitter", "number", "samples", "line"),
    [
        (model_selection.KFold(3), 7, SAMPLES, r"data.fold: got 7, allowed: 0 to 2 with KFold"),
        (model_selection.TimeSeriesSplit(3), 0, SAMPLES, r"data.in_order=true"),
        (model_selection.GroupKFold(3), 0, Samples(SAMPLES.x, Y, SAMPLES.class_names), r"groups=COLUMN"),
        (
            model_selection.GroupKFold(5),
            0,
            Samples(SAMPLES.x, Y, SAMPLES.class_names, groups=np.arange(60) % 4),
            r"groups: 3.; allowed: folds=2 to folds=3$",
        ),
        (model_selection.StratifiedKFold(3), 0, Samples(SAMPLES.x, np.arange(60)), r"mean splitter=kfold"),
        (
            model_selection.RepeatedStratifiedKFold(n_splits=3),
            0,
            Samples(SAMPLES.x, np.arange(60)),
            r"mean splitter=repeated_kfold",
        ),
        (None, 0, SAMPLES, r"no splitter"),
    ],
)
def test_what_a_splitter_cannot_cut_is_one_line(splitter, number, samples, line):
    with pytest.raises(InputError, match=line):
        fold(splitter, number, samples)
