from math import inf, nan

from epochwise.run.run_folder import finite


def test_numbers_that_json_lacks_are_none_at_any_depth():
    assert finite({"a": [1.0, (nan, {"b": inf})], "c": "x"}) == {"a": [1.0, [None, {"b": None}]], "c": "x"}
