import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

from epochwise.command_line.override_text import PATHS, quote_paths, quoted_value


@pytest.mark.parametrize("text", ["a=b", "a b", "it's", "a\\b", "a\\", "\\'", "(1)", "a,b=c", 'say "x"', "a\\\\'b\\"])
def test_any_text_arrives_as_it_is(text):
    (read,) = OverridesParser.create().parse_overrides([f"key={quoted_value(text)}"])
    assert read.value() == text


@pytest.mark.parametrize("key", PATHS)
def test_a_path_may_hold_what_hydra_stumbles_over(key):
    (word,) = quote_paths([f"{key}=here/a=b  (1)'s.png"])
    (read,) = OverridesParser.create().parse_overrides([word])
    assert read.value() == "here/a=b  (1)'s.png"


@pytest.mark.parametrize(
    "word", ["data.path=a.csv,b.csv", "run='a b'", "predict=", "name=a b", "--config-dir=a b", "data.root=[a, b]"]
)
def test_what_hydra_reads_stays(word):
    assert quote_paths([word]) == [word]
