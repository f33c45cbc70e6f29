from types import SimpleNamespace

import pytest
import torch
from torch import nn

from epochwise.callbacks.gradient_norm import GradientNorm


def test_it_logs_the_mean_over_steps_of_the_norm_of_all_gradients_together():
    logged = {}
    module = SimpleNamespace(device="cpu", log=lambda name, value, **_: logged.update({name: float(value)}))
    layers = [nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)]
    optimizer = torch.optim.SGD([layer.weight for layer in layers], lr=0.1)
    callback = GradientNorm()
    callback.on_train_epoch_start(None, module)
    for gradients in ((3.0, 4.0, None), (0.0, 1.0, None)):  # the last layer is frozen
        for layer, gradient in zip(layers, gradients, strict=True):
            layer.weight.grad = None if gradient is None else torch.tensor([[gradient]])
        callback.on_before_optimizer_step(None, module, optimizer)
    callback.on_train_epoch_end(None, module)
    assert logged == {"grad_norm": pytest.approx(3.0)}
