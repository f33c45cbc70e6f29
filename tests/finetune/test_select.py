import pytest

from epochwise.finetune.phases import select
from epochwise.input_error import InputError

STAGES = {
    "stem": ["conv.weight", "conv.bias"],
    "layer1": ["layer1.weight"],
    "layer2": ["layer2.weight", "layer2.bias"],
    "fc": ["fc.weight"],
}


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ("head", ["fc.weight"]),
        ("backbone", ["conv.weight", "conv.bias", "layer1.weight", "layer2.weight", "layer2.bias"]),
        ("all", ["conv.weight", "conv.bias", "layer1.weight", "layer2.weight", "layer2.bias", "fc.weight"]),
        ("stem", ["conv.weight", "conv.bias"]),
        (-1, ["fc.weight"]),
        (0, ["conv.weight", "conv.bias"]),
        ([-2, "head"], ["layer2.weight", "layer2.bias", "fc.weight"]),
        (r"layer\d", ["layer1.weight", "layer2.weight", "layer2.bias"]),
        ("bias$", ["conv.bias", "layer2.bias"]),
    ],
)
def test_parameters_are_named_by_word_stage_number_or_expression(chosen, expected):
    assert select("finetune.frozen", chosen, STAGES) == expected


@pytest.mark.parametrize(
    ("chosen", "line"),
    [
        ("haed", r"finetune.frozen: 'haed' matches no parameter; allowed: all, head, .*; did you mean 'head'\?"),
        (7, "finetune.frozen: got 7, but there are 4 stages: stem, layer1, layer2, fc"),
        (-5, "got -5, but there are 4 stages"),
        ("layer[", r"'layer\[' is no regular expression: unterminated character set"),
        ([], "nothing is named"),
    ],
)
def test_what_names_nothing_is_an_error(chosen, line):
    with pytest.raises(InputError, match=line):
        select("finetune.frozen", chosen, STAGES)


def test_a_network_of_one_stage_has_no_backbone():
    with pytest.raises(InputError, match="'backbone' is empty: the network has one stage alone, fc"):
        select("finetune.frozen", "backbone", {"fc": ["fc.weight"]})
