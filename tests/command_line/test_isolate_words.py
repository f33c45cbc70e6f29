import pytest

from epochwise.command_line.override_text import isolate_words
from epochwise.input_error import InputError


@pytest.mark.parametrize(
    ("front_door", "words", "expected"),
    [
        ("crossval", ["isolate=true", "folds=3"], ["hydra.launcher.isolate=true", "folds=3"]),
        ("train", ["-m", "seed=0,1", "isolate=false"], ["-m", "seed=0,1", "hydra.launcher.isolate=false"]),
        ("search", ["isolate=true", "isolate=false"], ["hydra.launcher.isolate=false"]),
        ("epochs", ["counts=5,10"], ["counts=5,10"]),
        ("evaluate", ["isolate=true"], ["isolate=true"]),
    ],
)
def test_the_launcher_is_told(front_door, words, expected):
    assert isolate_words(words, front_door) == expected


@pytest.mark.parametrize(
    ("front_door", "words", "line"),
    [
        ("train", ["isolate=true"], "isolate=true: a single run is alone; it goes with a sweep"),
        ("crossval", ["isolate=true", "hydra/launcher=joblib"], "isolate=true: not with hydra/launcher=joblib"),
        ("crossval", ["isolate=maybe"], "isolate: got 'maybe', allowed: true, false"),
    ],
)
def test_where_there_is_nothing_to_isolate_is_a_line(front_door, words, line):
    with pytest.raises(InputError, match=line):
        isolate_words(words, front_door)
