"""Weights with their channels last: where they are laid so, and that a run is none the worse for it."""

import copy

import pytest
import torch
from torch import nn

from epochwise.commands.train import train
from epochwise.device.channels_last import lay_channels_last, match_states
from epochwise.input_error import InputError

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=2", "model=cnn", "model.channels=[4,8]", *QUICK)


def network():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 2))


def is_laid_so(module):
    return module[0].weight.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("setting", "device", "precision", "expected"),
    [
        ("auto", GPU, "bf16-mixed", True),
        ("auto", GPU, "16-mixed", True),
        ("auto", GPU, "32-true", False),
        ("auto", CPU, "bf16-mixed", False),
        (True, CPU, "32-true", True),
        (False, GPU, "bf16-mixed", False),
    ],
)
def test_it_is_chosen_by_the_device_and_the_width_of_numbers(setting, device, precision, expected):
    made = network()
    assert lay_channels_last(made, setting, device, precision) is expected
    assert is_laid_so(made) is expected


def test_names_values_and_answers_stay():
    made = network()
    before, x = copy.deepcopy(made), torch.rand(2, 3, 8, 8)
    lay_channels_last(made, True, CPU, "32-true")
    assert list(made.state_dict()) == list(before.state_dict())
    assert all(torch.equal(made.state_dict()[name], value) for name, value in before.state_dict().items())
    torch.testing.assert_close(made(x), before(x))
    assert made[:2](x).is_contiguous(memory_format=torch.channels_last)  # which the next layer is handed


def test_a_network_without_convolutions_refuses_it_in_one_line():
    assert lay_channels_last(nn.Linear(2, 2), "auto", GPU, "bf16-mixed") is False
    line = r"^channels_last: got true, but Linear has no 2-d convolutions, so it changes nothing; allowed: auto, false$"
    with pytest.raises(InputError, match=line):
        lay_channels_last(nn.Linear(2, 2), True, CPU, "32-true")


@pytest.mark.parametrize("fused", [False, True])
def test_a_state_in_another_layout_steps_as_in_its_own(fused):
    torch.manual_seed(0)
    plain = network()
    laid = copy.deepcopy(plain)
    lay_channels_last(laid, True, CPU, "32-true")
    ways = [(one, torch.optim.AdamW(one.parameters(), lr=0.1, fused=fused)) for one in (plain, laid)]
    x = torch.rand(2, 3, 8, 8)

    def step(one, optimizer):
        optimizer.zero_grad()
        one(x).square().sum().backward()
        optimizer.step()

    step(*ways[0])
    laid.load_state_dict(plain.state_dict())
    ways[1][1].load_state_dict(copy.deepcopy(ways[0][1].state_dict()))
    match_states([ways[1][1]])
    assert is_laid_so(laid)
    moments = ways[1][1].state[laid[0].weight]
    assert moments["exp_avg"].stride() == laid[0].weight.stride() != plain[0].weight.stride()
    for way in ways:
        step(*way)
    for one, other in zip(plain.parameters(), laid.parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_a_run_that_was_cut_off_ends_as_the_uninterrupted_one(tmp_path, composed):
    settings = (*BASE, "channels_last=true", "callbacks.last_checkpoint.every_n_steps=3")
    train(composed(*settings, run_folder=tmp_path / "whole"))
    with cut_in_batch(14):
        train(composed(*settings, run_folder=tmp_path / "cut"))
    train(composed(*settings, "resume=auto", run_folder=tmp_path / "cut"))
    assert differences(outcome(tmp_path / "cut"), outcome(tmp_path / "whole")) == []


@pytest.mark.parametrize(("first", "then"), [(True, False), (False, True)])
def test_a_run_may_go_on_in_the_other_layout(tmp_path, composed, first, then):
    for folder, laid in (("whole", first), ("other", first)):
        settings = (*BASE, f"channels_last={str(laid).lower()}", "scheduler=none")
        train(composed(*settings, f"trainer.max_epochs={2 if folder == 'whole' else 1}", run_folder=tmp_path / folder))
    again = (*BASE, "scheduler=none", f"channels_last={str(then).lower()}", "resume=auto")
    train(composed(*again, run_folder=tmp_path / "other"))
    one, other = (outcome(tmp_path / name)["checkpoints"]["last"]["state_dict"] for name in ("whole", "other"))
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], rtol=1e-3, atol=1e-4)
