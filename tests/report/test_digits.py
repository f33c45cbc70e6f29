import numpy as np
import pytest

from epochwise.report.digits import significant_digits, told


@pytest.mark.parametrize(
    ("score", "digits", "text"),
    [
        (0.00048672, 4, "0.0004867"),
        (0.934, 4, "0.9340"),
        (0.93394, 5, "0.93394"),
        (1.21139, 4, "1.2114"),
        (115.4714, 4, "115.4714"),
        (20740904.0, 4, "20,740,904"),
        (12345.678, 7, "12,345.68"),
        (-0.0487, 4, "-0.04870"),
        (7.93e-9, 4, "7.930e-09"),
        (7.9e21, 4, "7.900e+21"),
        (0.0, 4, "0.0000"),
        (float("nan"), 4, "nan"),
    ],
)
def test_a_score_is_told_with_four_decimals_or_as_many_digits_as_it_takes(score, digits, text):
    assert told(score, digits) == text


@pytest.mark.parametrize(
    ("scores", "best", "digits"),
    [
        ([0.5, 0.4, 0.3], 0.3, 4),
        ([0.00049, 0.000487, 0.0004871], 0.000487, 4),
        ([0.97741, 0.97736, 0.97739], 0.97736, 5),
        ([0.9773351, 0.9773352, 0.5], 0.9773352, 7),
        ([0.5, 0.5, 0.5], 0.5, 4),
        ([np.nan, 0.5, np.inf], 0.5, 4),
        ([], 0.5, 4),
        ([0.123456781, 0.123456782], 0.123456782, 7),
    ],
)
def test_the_digits_are_those_that_tell_the_best_epoch_from_the_others(scores, best, digits):
    assert significant_digits(scores, best) == digits


def test_over_many_columns_the_best_reads_unlike_the_second_best_where_seven_digits_tell_them_apart():
    rng = np.random.default_rng(0)
    for _ in range(200):
        scores = np.exp(rng.uniform(-9, 9)) * (1 + 10 ** rng.uniform(-5, 0) * rng.normal(size=20))
        best, second = np.sort(scores)[:2]
        digits = significant_digits(scores, best)
        assert told(best, digits) != told(second, digits) or digits == 7
