from pathlib import Path
from types import SimpleNamespace

import lightning as L
import pytest
import torch
from lightning.pytorch.strategies import ModelParallelStrategy

from epochwise.finetune.wrap_again import wrap_again
from epochwise.input_error import InputError

from tests.ranks import run_ranks

SCRIPT = Path(__file__).with_name("two_ranks.py")
NETWORKS = ["plain", "batchnorm"]


@pytest.fixture(scope="module")
def runs():
    return run_ranks(SCRIPT, 1, *NETWORKS), run_ranks(SCRIPT, 2, *NETWORKS)


@pytest.mark.ranks
@pytest.mark.parametrize("name", NETWORKS)
def test_ranks_stay_equal_through_three_unfreezes(runs, name):
    first, second = runs[1]
    assert first[name]["digest"] == second[name]["digest"]
    assert first[name]["wraps"] == 4


@pytest.mark.ranks
def test_two_ranks_learn_what_one_process_learns_from_the_same_batches(runs):
    ((alone,), together) = runs
    expected = torch.tensor(alone["plain"]["weights"])
    for rank in together:
        assert (torch.tensor(rank["plain"]["weights"]) - expected).abs().max() < 1e-6
        assert rank["plain"]["scores"] == pytest.approx(alone["plain"]["scores"], abs=1e-6)
        assert rank["plain"]["scores"]["test/accuracy"] == alone["plain"]["scores"]["test/accuracy"]


@pytest.fixture(scope="module")
def every_network(project):
    names = sorted(file.stem for file in (project / "conf/model").glob("*.yaml"))
    return names, run_ranks(SCRIPT, 2, *names)


@pytest.mark.faults
def test_ranks_stay_equal_with_every_network(every_network):
    names, (first, second) = every_network
    assert {name: first[name]["digest"] for name in names} == {name: second[name]["digest"] for name in names}
    assert [first[name]["wraps"] for name in names] == [4] * len(names)


@pytest.mark.faults
def test_two_ranks_learn_what_one_process_does_with_the_network_that_has_no_batchnorm(every_network):
    _, together = every_network
    (alone,) = run_ranks(SCRIPT, 1, "mlp")
    for rank in together:
        weights = [torch.tensor(one["mlp"]["weights"]) for one in (rank, alone)]
        assert (weights[0] - weights[1]).abs().max() < 1e-6
        assert rank["mlp"]["scores"]["test/accuracy"] == alone["mlp"]["scores"]["test/accuracy"]


def test_a_process_alone_has_nothing_to_wrap():
    wrap_again(L.Trainer(accelerator="cpu", logger=False))


def test_a_strategy_that_shares_parameters_out_is_refused():
    trainer = SimpleNamespace(strategy=ModelParallelStrategy())
    with pytest.raises(InputError, match=r"trainer.strategy: ModelParallelStrategy cannot freeze .*: auto, ddp"):
        wrap_again(trainer)
