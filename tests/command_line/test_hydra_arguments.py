import pytest

from epochwise.command_line.override_text import parse_arguments
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
