import numpy as np
import pytest

from epochwise.data.samples import Samples
from epochwise.data.spec import Spec
from epochwise.input_error import InputError


def samples(y, class_names=("a", "b", "c"), names=()):
    return Samples(np.zeros((len(y), 2)), np.array(y), class_names, list(names))


def test_spec_counts_classes():
    assert samples([0, 0, 2]).spec((2,)) == Spec((2,), "class", 3, ["a", "b", "c"], [2, 0, 1], num_train=3)


def test_spec_has_mean_and_deviation_of_numbers():
    assert samples([1.0, 3.0], None).spec((2,)) == Spec((2,), "number", 1, [], [], 2.0, 1.0, num_train=2)


def test_constant_number_has_a_deviation_that_can_be_divided_by():
    assert samples([5.0, 5.0], None).spec((2,)).target_std == 1.0


@pytest.mark.parametrize("label", [3, -1])
def test_label_out_of_range_is_an_error_that_names_the_sample(label):
    with pytest.raises(InputError, match=f"the target of sample 'q' is {label}; allowed: 0 to 2"):
        samples([0, label], names=["p", "q"])


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_number_that_is_not_finite_is_an_error(number):
    with pytest.raises(InputError, match=f"the target of sample '1' is {number}; allowed: a finite number"):
        samples([0.0, number], None)


def test_training_on_a_single_class_is_an_error():
    with pytest.raises(InputError, match=r"\['a'\] is not a choice; at least two classes"):
        samples([0, 0], ["a"]).spec((2,))


def test_samples_of_a_single_class_can_be_scored():
    trained = samples([0, 1], ["no", "yes"]).spec((2,))
    assert samples([0, 0], ["yes"]).targets(trained).tolist() == [1, 1]


def test_classes_are_found_by_their_names_not_their_place():
    trained = samples([0, 1, 2], ["a", "b", "c"]).spec((2,))
    assert samples([0, 1], ["c", "a"]).targets(trained).tolist() == [2, 0]


def test_class_that_was_not_trained_on_is_an_error():
    trained = samples([0, 1], ["cat", "dog"]).spec((2,))
    with pytest.raises(InputError, match=r"not trained on a class 'cats'; did you mean 'cat'\?"):
        samples([0, 1], ["cats", "dog"]).targets(trained)


def test_numbers_do_not_fit_a_network_for_classes():
    with pytest.raises(InputError, match="the target is a number; the network was trained on a class"):
        samples([1.5, 2.5], None).targets(samples([0, 1, 2]).spec((2,)))
