"""benchmarks/gpu.py: what it says without a GPU, and what it makes of what was taken."""

import runpy
import sys
from pathlib import Path

import pytest
import torch

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return runpy.run_path(str(BENCHMARKS / "gpu.py"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so_and_is_no_success(benchmark, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["gpu.py"])
    with pytest.raises(SystemExit) as ended:
        benchmark["main"]()
    assert (ended.value.code, capsys.readouterr().out) == (2, "no GPU here: not run\n")


def test_ratios_are_medians_of_those_within_a_turn(benchmark):
    work = benchmark["TINY"]["cnn"]
    taken = {
        "before": [{"steps": steps, "wall": 1.0} for steps in (4.0, 2.0, 9.0)],
        "epochwise": [{"steps": steps, "wall": 2.0} for steps in (2.0, 1.0, 1.0)],
    }
    found = benchmark["judged"](work, taken)
    assert found["ratios"] == {"before": 2.0}
    assert found["samples_a_second"]["epochwise"] == [32, 64, 64]
    assert found["of_whole_epochs"]["epochwise"] == [32, 32, 32]
    assert benchmark["rows"](work, found)[2].endswith("| 16 (7 to 32) | 2.00 |")


def test_a_way_that_ended_leaves_the_others_their_figures(benchmark):
    found = benchmark["judged"](benchmark["TINY"]["cnn"], {"loop": [{"steps": 1.0, "wall": 1.0}]})
    assert found["ratios"] == {}
    assert len(benchmark["rows"](benchmark["TINY"]["cnn"], found)) == 3


def test_all_works_and_tests_together_take_less_than_eight_minutes(benchmark):
    assert benchmark["TEST_SECONDS"] + sum(work.seconds for work in benchmark["WORKS"].values()) <= 470
