from pathlib import Path
from types import SimpleNamespace

import lightning as L
import pytest
import torch
from lightning.pytorch.strategies import ModelParallelStrategy

from epochwise.finetune.applied_plan import wrap_again
from epochwise.input_error import InputError

from tests.ranks import run_ranks

SCRIPT = Path(__file__).with_name("two_ranks.py")
WITHOUT_BATCHNORM = ["plain", "mlp"]
#: They answer no picture with a class: tests/commands/test_kinds_ranks.py and test_networks_of_text.py train them.
NO_PICTURES = ("lstm", "transformer", "transformers", "unet")


@pytest.fixture(scope="module")
def runs(project):
    """What one process comes to, and two: the latter with every network of conf/model."""
    models = sorted({file.stem for file in (project / "src/epochwise/conf/model").glob("*.yaml")} - {*NO_PICTURES})
    return run_ranks(SCRIPT, 1, *WITHOUT_BATCHNORM), run_ranks(SCRIPT, 2, "plain", "batchnorm", *models)


@pytest.mark.ranks
def test_ranks_stay_equal_through_three_unfreezes_with_every_network(runs):
    first, second = runs[1]
    assert {name: one["digest"] for name, one in first.items()} == {name: one["digest"] for name, one in second.items()}
    assert [one["wraps"] for one in first.values()] == [4] * len(first)


@pytest.mark.ranks
@pytest.mark.parametrize("name", WITHOUT_BATCHNORM)
def test_two_ranks_learn_what_one_process_learns_from_the_same_batches(runs, name):
    ((alone,), together) = runs
    expected = torch.tensor(alone[name]["weights"])
    for rank in together:
        assert (torch.tensor(rank[name]["weights"]) - expected).abs().max() < 1e-6
        assert rank[name]["scores"] == pytest.approx(alone[name]["scores"], abs=1e-6)
        assert rank[name]["scores"]["test/accuracy"] == alone[name]["scores"]["test/accuracy"]


def test_a_process_alone_has_nothing_to_wrap():
    wrap_again(L.Trainer(accelerator="cpu", logger=False))


def test_a_strategy_that_shares_parameters_out_is_refused():
    trainer = SimpleNamespace(strategy=ModelParallelStrategy())
    with pytest.raises(InputError, match=r"trainer.strategy: ModelParallelStrategy cannot freeze .*: auto, ddp"):
        wrap_again(trainer)
