"""The last epoch is one decision, whatever the number of processes."""

from pathlib import Path

import pytest
import torch

from tests.ranks import run_ranks

SCRIPT = Path(__file__).with_name("two_ranks.py")
pytestmark = pytest.mark.ranks


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RUN_FOLDER", str(tmp_path_factory.mktemp("ranks")))
        return run_ranks(SCRIPT, 1), run_ranks(SCRIPT, 2)


@pytest.mark.parametrize("name", ["early", "adaptive"])
def test_two_ranks_stop_where_one_process_does_and_for_its_reason(runs, name):
    ((alone,), together) = runs
    assert alone[name]["epochs"] < 60
    for rank in together:
        assert (rank[name]["epochs"], rank[name]["reason"]) == (alone[name]["epochs"], alone[name]["reason"])
        assert rank[name]["rates"] == alone[name]["rates"]
        apart = torch.tensor(rank[name]["weights"]) - torch.tensor(alone[name]["weights"])
        assert apart.abs().max() < 1e-6


def test_ranks_that_see_scores_of_their_own_still_stop_together(runs):
    first, second = (rank["apart"] for rank in runs[1])
    assert first["epochs"] == second["epochs"] == 4  # where the one that gains nothing has waited for three
    assert runs[0][0]["apart"]["epochs"] == 12  # alone the other one stops nowhere


def test_ranks_go_through_a_schedule_by_one_clock(runs):
    first, second = (rank["time"] for rank in runs[1])
    assert first["rates"] == second["rates"]
    assert first["weights"] == second["weights"]
