import ast
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Interval, Len, Lt, MinLen

from epochwise.source.annotation import Instance, annotation
from epochwise.source.definition import find
from epochwise.source.fit import fits, wording
from epochwise.source.signature import signature

NODE = {"_target_": "little.Net"}


@pytest.mark.parametrize(
    ("wanted", "good", "bad"),
    [
        (Any, [1, None, [], "x"], []),
        (int, [1, 0, -3], [1.0, True, "1", None, [1], NODE]),
        (float, [1, 1.5, float("inf")], [True, "1e-3", None]),
        (bool, [True, False], [0, 1, "true", None]),
        (str, ["", "x"], [1, None, True]),
        (Path, ["a/b"], [1, None]),
        (int | None, [1, None], ["x", 1.5]),
        (list, [[], [1, "x"]], ["x", {}, None]),
        (list[int], [[], [1, 2]], [[1, "x"], [1.5], 1]),
        (tuple[float, int], [[0.5, 1]], [[0.5], [0.5, 1.5], [1, 2, 3]]),
        (dict[str, int], [{}, {"a": 1}], [{"a": "b"}, {1: 1}, []]),
        (Literal["min", 3], ["min", 3], ["max", 3.0, None]),
        (Annotated[int, Ge(1)], [1, 9], [0, 1.5]),
        (Annotated[int, Ge(1)] | None, [None, 1], [0]),
        (Annotated[float, Gt(0), Lt(1)], [0.5], [0, 1, -1]),
        (Annotated[float, Interval(ge=0, lt=1)], [0, 0.5], [1, -0.1]),
        (Annotated[list[int], MinLen(1)], [[1]], [[]]),
        (Annotated[list[int], Len(1, 2)], [[1], [1, 2]], [[], [1, 2, 3]]),
        (Annotated[Any, Instance("Net")], [NODE], [1, "Net", None, {}]),
    ],
)
def test_values_fit_the_types_that_allow_them(wanted, good, bad):
    assert all(fits(value, wanted) for value in good)
    assert not any(fits(value, wanted) for value in bad)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("int", "int"),
        ("Optional[int]", "int or null"),
        ("'int | None'", "int or null"),
        ("Union[list[int], str, int]", "a list of int, str or int"),
        ("Sequence[float]", "a list of float"),
        ("tuple[int, ...]", "a list of int"),
        ("tuple[int, str]", "a list of int, str"),
        ("Mapping[str, int]", "a dict of str to int"),
        ("Annotated[int, Ge(1)]", "an int of at least 1"),
        ("Annotated[float, Gt(0), Lt(1)]", "a number above 0 and below 1"),
        ("Annotated[int, Interval(ge=1)] | None", "an int of at least 1 or null"),
        ("Annotated[Sequence[int], MinLen(1)]", "a list of int of at least 1 entries"),
        ("Literal['min', 'max']", "'min' or 'max'"),
        ("os.PathLike", "a path"),
        ("Net", "an object (Net, by its '_target_')"),
        ("Net | str", "str"),
        ("Callable[[int], str]", "an object (Callable, by its '_target_')"),
        ("T", "anything"),
        ("Annotated[int, what_is_this()]", "int"),
        ("'not ( python'", "anything"),
    ],
)
def test_an_annotation_is_said_in_words(text, words):
    little = find("little.Net").module
    assert wording(annotation(ast.parse(text, mode="eval").body, little)) == words


@pytest.mark.parametrize(
    ("target", "argument", "good", "bad"),
    [
        ("lightning.pytorch.Trainer", "precision", ["16-mixed", "32-true", 32, None], ["17", 17, 16.0]),
        ("lightning.pytorch.Trainer", "deterministic", [True, "warn", None], ["error", 1]),
        ("lightning.pytorch.Trainer", "default_root_dir", ["folder", None], [3]),
        ("lightning.pytorch.Trainer", "strategy", ["ddp", NODE], [3, None]),
        ("torch.optim.AdamW", "betas", [[0.9, 0.99]], [[0.9], 0.9]),
        ("torch.optim.AdamW", "lr", [1, 0.1], ["0.1"]),
        ("torch.optim.lr_scheduler.ReduceLROnPlateau", "mode", ["min", "max"], ["most"]),
    ],
)
def test_aliases_of_libraries_are_followed(target, argument, good, bad):
    parameter = signature(target).parameters[argument]
    wanted = annotation(parameter.annotation, parameter.module)
    assert all(fits(value, wanted) for value in good)
    assert not any(fits(value, wanted) for value in bad)


@pytest.mark.parametrize("wanted", [int, float, bool, str, int | None, Literal["a"], Annotated[int, Ge(1)]])
def test_an_object_of_a_class_is_no_plain_value(wanted):
    assert not fits({"_target_": "torch.nn.Linear"}, wanted)
    assert not fits({"_target_": "torch.nn.init.calculate_gain", "_partial_": True}, wanted)
    assert fits({"_target_": "torch.nn.init.calculate_gain"}, wanted)  # a function: what it returns is not known
