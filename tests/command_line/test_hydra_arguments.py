import pytest

from epochwise.command_line.override_text import overrides_first, parse_arguments
from epochwise.input_error import InputError


def test_flags_and_overrides_are_told_apart():
    arguments = parse_arguments(["--cfg", "job", "seed=1", "model=cnn"])
    assert (arguments.cfg, arguments.overrides) == ("job", ["seed=1", "model=cnn"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--epochs", "5"], "unrecognized arguments: --epochs"),
        (["--cfg"], "argument --cfg/-c: expected one argument"),
        (["--cfg", "x"], "argument --cfg/-c: invalid choice: 'x'"),
    ],
)
def test_a_flag_that_cannot_be_read_is_one_line_without_the_usage(capsys, words, said):
    with pytest.raises(InputError) as caught:
        parse_arguments(words)
    (line,) = caught.value.lines
    assert line.startswith(said) and line.endswith("; settings are written KEY=VALUE, --hydra-help lists all flags")
    assert capsys.readouterr().err == ""


def test_unknown_flags_can_be_left_out():
    assert parse_arguments(["--epochs=5", "seed=1"], strict=False).overrides == ["seed=1"]


@pytest.mark.parametrize(
    ("words", "read"),
    [
        ("model=mlp -m seed=0,1", "model=mlp seed=0,1 -m"),
        ("seed=1 --cfg job seed=2 -cd more seed=3", "seed=1 seed=2 seed=3 --cfg job -cd more"),
        ("seed=1 --info searchpath seed=2", "seed=1 seed=2 --info searchpath"),
        ("seed=1 --cfg=job seed=2", "seed=1 seed=2 --cfg=job"),
        ("-m seed=0,1 model=mlp", None),
        ("seed=1 model=mlp --cfg job", None),
        ("seed=1 --cfg", None),
        ("--cfg job -m", None),
        ("", None),
    ],
)
def test_overrides_on_both_sides_of_a_flag_are_read(words, read):
    assert overrides_first(words.split()) == (words if read is None else read).split()


def test_a_command_line_may_have_its_flags_anywhere(typed):
    assert "\nseed: 7\n" in typed("train.py", "model=mlp", "--cfg", "job", "seed=7")[1]
