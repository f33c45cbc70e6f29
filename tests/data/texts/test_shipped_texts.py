import ast

import pytest

from epochwise.data.texts.read_texts import NAME
from epochwise.data.texts.shipped_texts import PACKAGES, _docstrings, docstrings, library, python_topics


def test_topics_are_texts_by_their_names():
    topics = python_topics()
    assert len(topics) > 50
    assert topics["text"].str.len().sum() > 300_000
    assert topics[NAME].is_monotonic_increasing
    assert topics[NAME].is_unique


def test_docstrings_are_those_of_functions_and_classes_wherever_they_stand():
    source = (
        'if 1:\n class A:\n  """One."""\n  def f(self):\n   """Two."""\nasync def g():\n """Three."""\ndef h(): 1\n'
    )
    assert _docstrings(ast.parse(source)) == [("One.", "A"), ("Two.", "A.f"), ("Three.", "g")]


def test_each_package_has_enough_docstrings_and_none_stands_twice():
    found = docstrings()
    assert found["label"].value_counts().min() > 100
    assert found["text"].is_unique
    assert found["text"].str.split().str.len().min() >= 4
    assert (found["module"].str.partition(".")[0] == found["label"]).all()


@pytest.mark.long
def test_the_rest_of_the_library_has_no_docstring_of_those_that_are_told_apart():
    found = library()
    assert len(found) > 2000
    assert not set(found["label"]) & set(PACKAGES)
    assert set(found["text"]).isdisjoint(docstrings()["text"])
