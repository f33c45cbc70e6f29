import pytest

from epochwise.finetune.bound_plan import lr_scale_of_each
from epochwise.input_error import InputError

STAGES = {"stem": ["s.weight", "s.bias"], "body": ["b.weight"], "head": ["h.weight"]}


def test_each_stage_before_the_head_is_slower_by_the_decay():
    assert lr_scale_of_each(STAGES, 0.5, {}, "k") == {"s.weight": 0.25, "s.bias": 0.25, "b.weight": 0.5, "h.weight": 1}


def test_what_is_named_has_its_own_scale():
    found = lr_scale_of_each(STAGES, 0.5, {"bias": 3.0, "body": 0.1}, "k")
    assert found == {"s.weight": 0.25, "s.bias": 3.0, "b.weight": 0.1, "h.weight": 1}


def test_what_is_named_twice_is_an_error():
    with pytest.raises(InputError, match=r"k.stem: 's.bias' is named by 'bias' already, with another scale"):
        lr_scale_of_each(STAGES, 1.0, {"bias": 2.0, "stem": 0.1}, "k")
