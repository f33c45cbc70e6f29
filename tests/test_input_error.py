import pytest

from epochwise.input_error import InputError


@pytest.mark.parametrize(
    ("name", "names", "closest"),
    [
        ("restnet", ["mlp", "resnet"], "resnet"),
        ("64bit", ["32", "64", "64-true"], "64"),  # one and more
        ("acc", ["loss", "accuracy"], "accuracy"),  # the start of one
        ("val", ["val/accuracy", "val/loss"], "val/loss"),
        ("nothing", ["mlp", "resnet", "n"], None),
        ("", ["mlp"], None),
    ],
)
def test_the_closest_name_is_suggested_where_one_is_close(name, names, closest):
    assert InputError.closest(name, names) == (f"; did you mean {closest!r}?" if closest else "")


def test_each_fault_is_a_line():
    error = InputError("a: one", "b: two")
    assert (error.lines, str(error)) == (("a: one", "b: two"), "a: one\nb: two")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\nb", r"a\nb"), ("\x1b[31m", r"\x1b[31m"), ("\u202e", r"\u202e"), ("\udcff", r"\udcff"), ("é", "é")],
)
def test_a_name_cannot_break_a_line_or_command_the_terminal(name, shown):
    assert InputError(f"{name}: no such key").lines == (f"{shown}: no such key",)
