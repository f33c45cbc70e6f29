from pathlib import Path

import pytest

from epochwise.command_line.command_line import CommandLine
from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.override_text import parse_arguments
from epochwise.input_error import InputError

CONF = Path(__file__).parents[2] / "conf"
SHARDED = "trainer.strategy.sharded_checkpoints"


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("width=4", "width: unknown key; did you mean model.width, a key of model=transformer?"),
        (
            "sharded_checkpoints=true",
            f"sharded_checkpoints: unknown key; did you mean {SHARDED}, a key of trainer=fsdp?",
        ),
        (
            f"{SHARDED}=true",
            f"{SHARDED}: trainer.strategy is 'auto', which has no keys; a key of trainer=fsdp",
        ),
        ("seeds=1", "seeds: unknown key; did you mean 'seed'?"),
        ("budget.steps=7", "budget.steps=7: here budget=7steps"),
    ],
)
def test_a_key_that_only_another_file_has_is_answered_with_that_file(word, line):
    with engine_conf(), pytest.raises(InputError) as fault:
        CommandLine("train", Composer(str(CONF), "train"), parse_arguments([word])).check()
    assert fault.value.lines == (line,)


@pytest.mark.parametrize(
    "text",
    [b"width: [\n", b"- a: 1\n  width: 2\n", b"|\n width: 2\n", b"width: 2024-13-45\n", b"width: \xff\n"],
)
def test_a_file_that_holds_no_settings_and_is_not_chosen_is_passed_over(tmp_path, text):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/broken.yaml").write_bytes(text)
    with engine_conf(), pytest.raises(InputError, match="a key of model=transformer"):
        CommandLine("train", Composer(str(CONF), "train", str(tmp_path)), parse_arguments(["width=4"])).check()
