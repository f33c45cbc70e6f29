import pytest

from epochwise.config.node import check_node


@pytest.mark.parametrize(
    ("node", "key", "said"),
    [
        ({"_args_": "x"}, "_args_", "got 'x', allowed: a list"),
        ({"_args_": [3, 4, 5, 6, 7, 8, 9, 10]}, "_args_", "got 8 values, Linear takes 5 without a name"),
        ({"_args_": ["x"], "out_features": 1}, "_args_.0", "got 'x' (str), allowed: int"),
        (
            {"_args_": [3], "in_features": 1, "out_features": 1},
            "_args_.0",
            "Linear has its in_features already, by name",
        ),
    ],
)
def test_arguments_without_names_are_checked_as_those_with_names(node, key, said):
    faults = check_node("model", {"_target_": "torch.nn.Linear", **node})
    assert faults[f"model.{key}"] == f"model.{key}: {said}"


def test_good_arguments_without_names_are_taken():
    assert check_node("model", {"_target_": "torch.nn.Linear", "_args_": [3, 4]}) == {}
    assert check_node("model", {"_target_": "torch.nn.Sequential", "_args_": [{"_target_": "torch.nn.ReLU"}] * 9}) == {}
