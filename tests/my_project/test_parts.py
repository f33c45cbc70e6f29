"""The worked examples of model, data, task and callbacks."""

import lightning as L
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from my_project.callbacks.weight_norm import WeightNorm
from my_project.data.moons import Moons
from my_project.model.perceptron import Perceptron
from my_project.task.confidence_penalty import ConfidencePenalty


def test_the_network_maps_features_to_outputs():
    assert Perceptron(num_features=2, num_outputs=3)(torch.zeros(5, 2)).shape == (5, 3)


def test_the_data_is_cut_into_three_and_says_what_it_is():
    data = Moons(batch_size=32)
    data.setup("fit")
    assert (data.spec.input_shape, data.spec.class_names) == ((2,), ["upper", "lower"])
    assert sum(data.spec.class_counts) == 700


def test_being_unsure_is_cheaper_than_by_cross_entropy():
    task = ConfidencePenalty(nn.Linear(2, 2), torch.optim.SGD, torch.optim.lr_scheduler.ConstantLR, [5, 5])
    output, y = torch.zeros(4, 2), torch.tensor([0, 1, 0, 1])
    gained = F.cross_entropy(output, y) - task.compute_loss(output, y)
    torch.testing.assert_close(gained, 0.1 * torch.tensor(2.0).log())
    assert set(task.reference_scores()) == {"accuracy"}


def test_the_callback_logs_the_norm_of_all_weights(monkeypatch):
    module = L.LightningModule()
    module.layer = nn.Linear(2, 1, bias=False)
    nn.init.constant_(module.layer.weight, 2.0)
    logged = {}
    monkeypatch.setattr(module, "log", logged.__setitem__)
    WeightNorm().on_train_epoch_end(L.Trainer(logger=False, enable_checkpointing=False, accelerator="cpu"), module)
    assert logged["weight_norm"].item() == pytest.approx(8**0.5)
