import pytest

from epochwise.command_line.arguments import crossval_words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["folds=3"], ["folds=3"]),
        (["groups=patient"], ["data.groups=patient", "splitter=grouped"]),
        (["groups=patient", "splitter=kfold"], ["data.groups=patient", "splitter=kfold"]),
        (["splitter=time_ordered"], ["splitter=time_ordered", "data.in_order=true"]),
        (["splitter=time_ordered", "data.in_order=false"], ["splitter=time_ordered", "data.in_order=false"]),
        (["data.fold=1", "hydra.mode=RUN"], ["data.fold=1", "hydra.mode=RUN"]),
    ],
)
def test_a_choice_of_folds_sets_what_it_needs(words, expected):
    assert crossval_words(words) == expected
