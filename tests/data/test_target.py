import numpy as np
import pytest

from epochwise.data.samples import Samples, fewer_samples, noisy_labels
from epochwise.data.splits.split_samples import fold_samples, join_samples, split_samples
from epochwise.data.target import IGNORE, check_task
from epochwise.input_error import InputError


def test_several_numbers_are_described_by_one_mean_and_deviation_each():
    samples = Samples(np.zeros((3, 2)), np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]), target_names=["a", "b"])
    spec = samples.spec((2,))
    assert (spec.target, spec.num_outputs, spec.target_names) == ("number", 2, ["a", "b"])
    assert spec.target_mean == [3.0, 5.0]
    assert spec.target_std[1] == 1.0
    assert samples.targets(spec).shape == (3, 2)


def test_labels_are_found_by_name_whatever_their_order():
    trained = Samples(np.zeros((2, 1)), np.array([[1, 0, 1], [0, 1, 1]]), ["a", "b", "c"], kind="labels").spec((1,))
    assert trained.class_counts == [1, 1, 2]
    assert trained.num_train == 2
    other = Samples(np.zeros((1, 1)), np.array([[1, 0]]), ["c", "a"], kind="labels")
    assert other.targets(trained).tolist() == [[0.0, 0.0, 1.0]]


@pytest.mark.parametrize(
    ("y", "names", "kind", "said"),
    [
        ([[0, 2]], ["a", "b"], "labels", "sample '0' is 2; allowed: 0 or 1"),
        ([0, 1], ["a", "b"], "labels", "labels of shape"),
        ([[1.0, np.nan]], None, "number", "sample '0' is nan; allowed: a finite number"),
    ],
)
def test_a_target_that_is_not_of_its_kind_is_named(y, names, kind, said):
    with pytest.raises(InputError, match=said):
        Samples(np.zeros((len(y), 1)), np.array(y), names, kind=kind)


def test_a_cut_keeps_each_label_in_its_share():
    y = (np.random.default_rng(0).random((200, 3)) < [0.5, 0.2, 0.05]).astype(int)
    splits = split_samples({"train": Samples(np.arange(200), y, list("abc"), kind="labels")}, 0.2, 0.2, 0)
    assert {name: len(each) for name, each in splits.items()} == {"train": 120, "val": 40, "test": 40}
    for split in ("val", "test"):
        assert np.abs(splits[split].y.sum(axis=0) - y.sum(axis=0) * 0.2).max() <= 2


def test_folds_of_labels_are_stratified_too():
    from sklearn.model_selection import StratifiedKFold, StratifiedShuffleSplit

    y = (np.random.default_rng(1).random((100, 2)) < [0.4, 0.1]).astype(int)
    given = {"train": Samples(np.arange(100), y, ["a", "b"], kind="labels")}
    held = [fold_samples(given, StratifiedKFold(4, shuffle=True, random_state=0), fold, 0.2, 0) for fold in range(4)]
    rows = np.concatenate([each["val"].x for each in held])
    assert len(set(rows.tolist())) == len(rows) == 80
    assert max(each["val"].y[:, 1].sum() for each in held) - min(each["val"].y[:, 1].sum() for each in held) <= 1
    with pytest.raises(InputError, match="takes one class a sample"):
        fold_samples(given, StratifiedShuffleSplit(2), 0, 0.2, 0)


def test_masks_as_arrays_are_described_by_their_pixels():
    y = np.array([[[0, 1], [1, IGNORE]], [[0, 0], [0, 0]]])
    samples = Samples(np.zeros((2, 1, 2, 2), dtype=np.uint8), y, ["ground", "icon"], kind="mask")
    spec = samples.spec((1, 2, 2))
    assert (spec.target, spec.num_outputs, spec.class_counts) == ("mask", 2, [5, 2])
    assert samples.targets(spec).tolist() == y.tolist()
    swapped = Samples(samples.x, 1 - y.clip(0), ["icon", "ground"], kind="mask").targets(spec)
    assert swapped[0].tolist() == [[0, 1], [1, 0]]
    with pytest.raises(InputError, match="a mask holds 2; allowed: 0 to 1, and -100"):
        Samples(samples.x, y + 1 - (y < 0), ["ground", "icon"], kind="mask").spec((1, 2, 2))


def test_masks_in_files_and_texts_to_be_continued_are_cut_and_joined():
    masks = Samples([f"{n}.png" for n in range(10)], [f"{n}-mask.png" for n in range(10)], ["a", "b"], kind="mask")
    splits = split_samples({"train": masks}, 0.2, 0.2, 0)
    assert all(x.split(".")[0] == y.split("-")[0] for x, y in zip(splits["val"].x, splits["val"].y, strict=True))
    texts = Samples(["one", "two", "three"], None, kind="tokens")
    assert len(texts) == 3
    assert join_samples({"train": texts, "test": texts.take(np.array([1]))}).x == ["one", "two", "three", "two"]


def test_several_inputs_are_taken_together():
    both = Samples({"left": np.arange(4), "right": list("abcd")}, np.array([0, 1, 0, 1]), ["a", "b"])
    taken = both.take(np.array([2, 0]))
    assert taken.x["left"].tolist() == [2, 0]
    assert taken.x["right"] == ["c", "a"]
    assert len(fewer_samples(both, 2, 0)) == 2


def test_labels_are_not_drawn_anew():
    labels = Samples(np.zeros((2, 1)), np.array([[1, 0], [0, 1]]), ["a", "b"], kind="labels")
    with pytest.raises(InputError, match=r"data\.label_noise: got 0\.5"):
        noisy_labels(labels, 0.5, 0)


def test_a_task_names_the_one_for_other_data():
    check_task("labels", "labels")
    with pytest.raises(ValueError, match="the target of this data is several labels; use task=multilabel"):
        check_task("labels", "class")
    with pytest.raises(ValueError, match="got 'lables', allowed: class, number"):
        check_task("lables", "class")
