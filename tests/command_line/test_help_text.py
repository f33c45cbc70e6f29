import pytest

from epochwise.command_line.help_text import help_text

from tests.composer_of import composer_of


@pytest.fixture(scope="module")
def text():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", "100")
        return help_text("About.", composer_of("train"), ["trainer=gpu", "+callbacks=ema"])


@pytest.mark.parametrize(
    "line",
    [
        "    trainer     cpu, ddp, fsdp, [gpu]",
        "    trainer.accelerator=gpu",
        "    trainer.max_epochs=30                     epochs; schedules end with it",  # of the file that gpu varies
        "    callbacks.ema.decay=0.99                  of the average, each step; 0.99 remembers about 100",
        "    model.hidden_sizes=[256,256]",
    ],
)
def test_it_has_a_line_for_what_can_be_chosen_and_set(text, line):
    assert line in text.splitlines()


def test_what_it_prints_is_no_wider_than_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    lines = help_text("About.", composer_of("train"), []).splitlines()
    values = [line for line in lines if line.startswith("    ") and "=" in line and "  " in line.strip()]
    assert len(values) > 20
    assert all(len(line) <= 80 for line in values if "${" not in line)


def test_every_word_it_shows_as_a_value_can_be_typed(text):
    from epochwise.command_line.command_line import CommandLine
    from epochwise.command_line.override_text import parse_arguments

    words = [line.split()[0] for line in text.splitlines() if line.startswith(("    optimizer.", "    stopping."))]
    words = [word for word in words if "${" not in word]
    assert len(words) >= 6
    CommandLine("train", composer_of("train"), parse_arguments(words)).check()
