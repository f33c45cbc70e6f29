"""docs/coming-from.md leaves nothing out. Its commands are held to the check by test_readme.py."""

import re
from pathlib import Path

import pytest

from epochwise.command_line.habits import habit_line, habits

TEXT = (Path(__file__).parents[1] / "docs/coming-from.md").read_text()
#: All that stand in keras.callbacks of Keras 2.4 to 3.12, and in tensorflow.keras.callbacks.
KERAS = [
    "BackupAndRestore",
    "BaseLogger",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "MemoryUsageCallback",
    "ModelCheckpoint",
    "MonitorCallback",
    "OrbaxCheckpoint",
    "ProgbarLogger",
    "Pruning",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SidecarEvaluatorModelExport",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
#: The headings of that template's README.md under "Your superpowers", and the folders of its configs.
TEMPLATE = """
override|add a parameter|GPU|simulated|mixed precision|W&B|experiment configs|callbacks|gradient clipping|accumulate|
overfit|profiler|fdr|limit|resume|eval.py|sweep|Optuna|all experiments|seeds|AWS|SLURM|completion|pre-commit|tests|CI|
conda|Docker|tags|print_config|ignore_warnings|rootutils|.env|local/|several nodes|TPU|hparams_search|Use this template
""".replace("\n", "").split("|")


def rows(heading):
    """What is there -> what is here, of the tables under a heading."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    cells = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    assert all(len(pair) == 2 for pair in cells)
    return dict(cells)


@pytest.mark.parametrize("name", KERAS)
def test_every_callback_of_keras_has_a_line(name):
    assert any(f"`{name}`" in there for there in rows("Keras"))


@pytest.mark.parametrize("feature", TEMPLATE)
def test_every_feature_of_lightning_hydra_template_has_a_line(feature):
    assert any(feature in there for there in rows("lightning-hydra-template"))


@pytest.mark.parametrize("heading", ["Keras", "fastai", "scikit-learn", "lightning-hydra-template"])
def test_a_line_says_how_it_is_done_or_that_there_is_nothing(heading):
    for there, here in rows(heading).items():
        said = re.search(r"`|always on|on by default|nothing|no file|no code|here", here)
        assert said, there


def typed_table():
    """The tables under `Typed out of habit`, as the program's own table has them."""
    lines, section = [], ""
    for row in habits():
        if row.section != section:
            section = row.section
            lines += (
                [f"### {section}", "", "| typed | here |", "|---|---|"]
                if not lines
                else ["", f"### {section}", "", "| typed | here |", "|---|---|"]
            )
        here = row.here.replace("<>", row.example_value)
        lines.append(f"| `{row.example}` | " + ", ".join(filter(None, [f"`{here}`" if here else "", row.note])) + " |")
    return "\n".join(lines) + "\n"


def test_the_words_typed_out_of_habit_are_those_that_the_program_answers():
    assert TEXT.partition("are `batch_size`.\n\n")[2] == typed_table()


@pytest.mark.parametrize("heading", ["scikit-learn", "lightning-hydra-template"])
def test_a_setting_named_in_the_tables_is_answered_on_the_command_line(heading):
    for there in rows(heading):
        for word in re.findall(r"`([a-z_]+=[^`(]*?)[,`]", there):
            known = habit_line(f"{word}FILE" if word.endswith("=") else word.replace('"', ""), "train")
            assert known, word
