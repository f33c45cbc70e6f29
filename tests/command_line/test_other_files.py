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
    ],
)
def test_a_key_that_only_another_file_has_is_answered_with_that_file(word, line):
    with engine_conf(), pytest.raises(InputError) as fault:
        CommandLine("train", Composer(str(CONF), "train"), parse_arguments([word])).check()
    assert fault.value.lines == (line,)


def test_a_file_that_is_no_yaml_and_is_not_chosen_is_passed_over(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model/broken.yaml").write_text("width: [\n")
    with engine_conf(), pytest.raises(InputError, match="a key of model=transformer"):
        CommandLine("train", Composer(str(CONF), "train", str(tmp_path)), parse_arguments(["width=4"])).check()
