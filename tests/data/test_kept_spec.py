from dataclasses import asdict

import pytest

from epochwise.data.spec import Spec, kept_spec
from epochwise.input_error import InputError

SPEC = asdict(Spec((1, 8, 8), "class", 2, ["a", "b"], [3, 4]))
NUMBER = asdict(Spec((4,), "number", 1, [], [], 2.0, 0.5))
COLUMNS = {"x": {"mean": 0.0, "std": 1.0, "median": 0.5}, "y": {"categories": ["p", "q"]}}
COLUMNS |= {"day": {"days": {"mean": 3.0, "std": 1.0, "median": 2.0}}, "said": {"words": ["a"], "idf": [1.5]}}


@pytest.mark.parametrize(
    ("spec", "learned"),
    [
        (SPEC, {"mean": [0.5], "std": [0.2]}),
        (NUMBER, {"columns": COLUMNS}),
        (SPEC, {}),
        (SPEC, {"one's own": object()}),
    ],
)
def test_what_a_data_module_writes_is_taken_over(spec, learned):
    assert kept_spec({"spec": spec, "learned": learned}) == (Spec(**spec), learned)


@pytest.mark.parametrize(
    "change",
    [
        {"added": 1}, {"input_shape": "x"}, {"input_shape": ()}, {"input_shape": (0, 8)}, {"input_shape": 1},
        {"target": "x"}, {"target": "number"}, {"num_outputs": 10**30}, {"num_outputs": 3}, {"num_outputs": True},
        {"class_names": ["a", float("nan")]}, {"class_names": None}, {"class_counts": [3]}, {"class_counts": [3, -1]},
        {"target_mean": float("nan")}, {"target_std": 0.0}, {"target_std": "x"},
    ],
)  # fmt: skip
def test_a_spec_of_other_kinds_is_one_line(change):
    with pytest.raises(InputError, match=r"^ckpt: what it keeps of the training data \('spec'\)"):
        kept_spec({"spec": SPEC | change, "learned": {}})


@pytest.mark.parametrize("missing", ["input_shape", "target", "num_outputs", "class_names", "class_counts"])
def test_a_spec_that_lacks_a_value_is_one_line(missing):
    with pytest.raises(InputError, match="'spec'"):
        kept_spec({"spec": {name: value for name, value in SPEC.items() if name != missing}, "learned": {}})


@pytest.mark.parametrize("state", [None, [], {}, {"spec": "x", "learned": {}}])
def test_no_spec_at_all_is_one_line(state):
    with pytest.raises(InputError, match="'spec'"):
        kept_spec(state)


@pytest.mark.parametrize(
    "learned",
    [
        None, {1: 2}, {"mean": [0.5]}, {"mean": [0.5], "std": 0.2}, {"mean": [0.5], "std": [0]},
        {"mean": [0.5, 0.5], "std": [0.2]}, {"mean": [float("inf")], "std": [0.2]}, {"mean": ["x"], "std": [0.2]},
        {"columns": []}, {"columns": {"x": None}}, {"columns": {"x": {"mean": 0.0, "std": 1.0}}},
        {"columns": {"x": {"mean": 0.0, "std": 0.0, "median": 0.0}}}, {"columns": {"x": {"categories": [1]}}},
        {"columns": {"x": {"categories": ["p", "p"]}}}, {"columns": {"x": {"categories": 10**30}}},
        {"columns": {"x": {"days": 3.0}}}, {"columns": {"x": {"days": {"mean": 0.0, "std": 0.0, "median": 0.0}}}},
        {"columns": {"x": {"words": ["a"], "idf": []}}}, {"columns": {"x": {"words": [], "idf": []}}},
        {"columns": {"x": {"words": ["a", "a"], "idf": [1.0, 1.0]}}}, {"columns": {"x": {"words": ["a"]}}},
    ],
)  # fmt: skip
def test_learned_values_that_cannot_be_used_are_one_line(learned):
    with pytest.raises(InputError, match=r"^ckpt: what it keeps of the training data \('learned'\)"):
        kept_spec({"spec": SPEC, "learned": learned})
