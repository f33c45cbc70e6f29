import pytest
import torch

from epochwise.data.letters import DOTLESS, Letters, marked_letters


@pytest.fixture(scope="module")
def labelled():
    return ready("labels")


def ready(kind, **settings):
    data = Letters(kind=kind, fonts=["DejaVuSans", "DejaVuSerif"], **settings)
    data.setup()
    return data


def picture(data, name):
    for split, names in data.names.items():
        if name in names:
            return data.splits[split][[names.index(name)]]
    raise KeyError(name)


def test_marks_are_those_that_unicode_says(labelled):
    for letter, marks in (("ế", {"acute", "circumflex"}), ("A", set()), ("Ş", None), ("ǖ", {"diaeresis", "macron"})):
        if marks is None:
            assert letter not in marked_letters(), "a cedilla is on too few letters"
            continue
        _, y = picture(labelled, f"{letter} DejaVuSans")
        assert {name for name, there in zip(labelled.spec.class_names, y[0], strict=True) if there} == marks


def test_every_mark_is_on_at_least_17_letters():
    letters = marked_letters()
    assert len(letters) == 438
    assert (
        min(sum(mark in marks for _, marks in letters.values()) for _, marks in letters.values() for mark in marks)
        >= 17
    )


def test_a_letter_is_in_one_split_in_all_fonts(labelled):
    letters = {split: {name.split()[0] for name in names} for split, names in labelled.names.items()}
    assert not letters["train"] & letters["val"]
    assert not letters["train"] & letters["test"]
    assert labelled.num_samples == {"train": 612, "val": 132, "test": 132}


def test_what_the_letter_without_marks_does_not_cover_is_mark():
    data = ready("mask")
    x, y = picture(data, "Ḕ DejaVuSans")
    rows = [(y[0] == part).any(dim=1).nonzero().flatten() for part in (1, 2)]
    assert rows[1].max() < rows[0].min(), "two marks, all above the letter"
    assert torch.equal(y[0] > 0, x[0, 0] >= 128)
    _, bare = picture(data, "h DejaVuSerif")
    assert set(bare.unique().tolist()) == {0, 1}
    assert (picture(data, "í DejaVuSans")[1] == 2).any(), f"on {DOTLESS['i']}, whose dot the mark replaces"
    assert data.spec.class_counts == torch.bincount(data.splits["train"].datasets[1].flatten()).tolist()
