import numpy as np
import pandas as pd
import pytest

from epochwise.data.samples import Samples
from epochwise.data.tables.target_columns import read_targets
from epochwise.input_error import InputError

FRAME = pd.DataFrame(
    {
        "genres": ["drama|comedy", "comedy", None, " war | drama"],
        "old": [1, 0, 0, 1],
        "long": [True, False, True, True],
        "price": [1.5, 2.5, 3.5, 4.5],
        "town": ["Ulm", "Bonn", "Ulm", "Bonn"],
    }
)


def test_several_columns_of_numbers_are_one_target_with_names():
    given = read_targets(FRAME, ["price", "old"], "number")
    assert given["target_names"] == ["price", "old"]
    np.testing.assert_array_equal(given["y"], [[1.5, 1], [2.5, 0], [3.5, 0], [4.5, 1]])


def test_a_list_of_one_column_is_that_column():
    given = read_targets(FRAME, ["price"], "number")
    assert given["y"].shape == (4,)
    assert Samples([0, 1, 2, 3], **given).spec((1,)).target_names == []


def test_columns_of_zeros_and_ones_are_labels():
    given = read_targets(FRAME, ["old", "long"], "labels")
    assert given["class_names"] == ["old", "long"]
    np.testing.assert_array_equal(given["y"], [[1, 1], [0, 0], [0, 1], [1, 1]])


def test_a_column_of_names_with_a_sign_between_them_is_labels():
    given = read_targets(FRAME, "genres", "labels", separator="|")
    assert given["class_names"] == ["comedy", "drama", "war"]
    np.testing.assert_array_equal(given["y"], [[1, 1, 0], [1, 0, 0], [0, 0, 0], [0, 1, 1]])


@pytest.mark.parametrize(
    ("target", "kind", "separator", "message"),
    [
        ([], "number", None, r"^data.target=\[\]: allowed: a column, or several$"),
        (
            ["town", "old"],
            "class",
            None,
            r"one column has the class .*: data.kind=labels .*; numbers: data.kind=number$",
        ),
        (["price", "town"], "number", None, r"the target 'town' holds 'Ulm'; did you mean data.kind=class\?"),
        (["old", "price"], "labels", None, r"the target 'price' holds 1.5; allowed: 0 and 1"),
        (["old", "town"], "labels", None, r"the target 'town' holds 'Ulm'; allowed: 0 and 1"),
        ("genres", "labels", None, r"'genres' is one column; allowed with it: data.separator='\|'$"),
        ("old", "labels", None, r"'old' is one column; .* several columns of 0 and 1"),
        ("town", "class", "|", r"^data.separator=\|: only several labels in one column"),
        (["old", "long"], "labels", "|", r"^data.separator=\|: only one column of labels"),
    ],
)
def test_targets_that_do_not_fit_their_kind_say_what_to_write(target, kind, separator, message):
    with pytest.raises(InputError, match=message):
        read_targets(FRAME, target, kind, separator)


@pytest.mark.parametrize(("target", "kind"), [("price", "number"), (["old", "price"], "labels")])
def test_an_empty_target_is_named(target, kind):
    frame = FRAME.assign(price=[1, 0, None, 1])
    with pytest.raises(InputError, match=r"the target 'price' is empty in row 2 \(counted from 0\)"):
        read_targets(frame, target, kind)


@pytest.mark.parametrize(
    ("cells", "message"), [([None, " | "], "has no label"), ([f"a{row}" for row in range(50)], "50 different labels")]
)
def test_a_column_that_has_no_labels_is_an_error(cells, message):
    with pytest.raises(InputError, match=message):
        read_targets(pd.DataFrame({"genres": pd.Series(cells, dtype="object")}), "genres", "labels", separator="|")
