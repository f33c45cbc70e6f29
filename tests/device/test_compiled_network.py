"""A compiled network: what its checkpoints hold, what it computes, and what it cannot go with.

What torch compiles with (inductor, a C++ compiler) takes a minute, so most facts are held with the part of it that only
reads the network.
"""

from functools import partial
from types import SimpleNamespace

import lightning as L
import pytest
import torch
from lightning.pytorch.strategies import SingleDeviceStrategy
from torch import nn

from epochwise.commands.evaluate import evaluate
from epochwise.commands.train import train
from epochwise.config.check import check
from epochwise.device.compiled_network import compile_in_place, missing_compiler, mode_for
from epochwise.device.network_on_device import NetworkOnDevice
from epochwise.input_error import InputError
from epochwise.task.supervised import Supervised

from tests.outcome import differences, outcome
from tests.power_cut import cut_in_batch

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)
QUICK = ("~callbacks.model_summary", "~callbacks.progress_bar", "name=test")
BASE = ("data.batch_size=128", "trainer.max_epochs=2", "model.hidden_sizes=[16]", *QUICK)


@pytest.fixture
def read_alone(monkeypatch):
    """Let torch read networks, and run what it read as it is; says how it was asked, and of how many graphs."""
    asked = SimpleNamespace(how=[], graphs=0)
    real = torch.compile

    def as_it_is(graph, inputs):
        asked.graphs += 1
        return graph.forward

    def compile_fast(model, **how):
        asked.how.append(how)
        return real(model, **how | {"backend": as_it_is, "mode": None})

    monkeypatch.setattr(torch, "compile", compile_fast)
    torch._dynamo.reset()
    return asked


def a_trainer(device=CPU, strategy=None):
    return SimpleNamespace(strategy=strategy or SingleDeviceStrategy(device), precision="32-true")


def a_task():
    return SimpleNamespace(network=nn.Linear(2, 2), answers_are_copied=False)


def last(folder):
    return outcome(folder)["checkpoints"]["last"]


def test_a_run_has_the_same_checkpoints_and_goes_on_without(tmp_path, composed, read_alone):
    short = (*BASE, "trainer.max_epochs=1")
    train(composed(*short, run_folder=tmp_path / "plain"))
    train(composed(*short, "compile=true", run_folder=tmp_path / "compiled"))
    assert read_alone.how == [{"mode": "default", "dynamic": False}]
    assert read_alone.graphs == 5  # two shapes of batches that are trained on, three of those that are scored
    assert differences(last(tmp_path / "compiled"), last(tmp_path / "plain")) == []  # nothing was made anew of it
    more = ("resume=auto", "extend=stretch", "trainer.max_epochs=2")
    train(composed(*BASE, *more, run_folder=tmp_path / "compiled"))
    train(composed(*BASE, *more, "compile=true", run_folder=tmp_path / "plain"))
    assert len(read_alone.how) == 2
    assert differences(last(tmp_path / "compiled"), last(tmp_path / "plain")) == []


def test_what_is_tried_is_not_compiled(tmp_path, composed, read_alone):
    train(composed(*BASE, "compile=true", "find=lr", run_folder=tmp_path / "run"))
    assert (read_alone.how, read_alone.graphs) == ([], 0)


@pytest.mark.parametrize(
    "plan",
    [
        pytest.param(
            ["finetune=gradual", "finetune.one_stage_every_n_epochs=1", "model=cnn", "model.channels=[4]"],
            marks=pytest.mark.long,
        ),
        pytest.param(["finetune=lora"], marks=pytest.mark.long),
        ["+callbacks=ema"],
    ],
    ids=["gradual", "lora", "ema"],
)
def test_layers_that_are_frozen_thawed_and_averaged_train_as_without(tmp_path, composed, read_alone, plan):
    if "finetune=lora" in plan:
        pytest.importorskip("peft")
    base = [word for word in BASE if not (word.startswith("model.") and "model=cnn" in plan)]
    train(composed(*base, *plan, run_folder=tmp_path / "plain"))
    train(composed(*base, *plan, "compile=true", run_folder=tmp_path / "compiled"))
    assert len(read_alone.how) == 1
    assert read_alone.graphs >= len(plan)  # more where what trains changes
    assert differences(last(tmp_path / "compiled"), last(tmp_path / "plain")) == []


@pytest.mark.long
@pytest.mark.parametrize("setting", ["true", "reduce-overhead"])
def test_with_code_that_is_made_a_cut_run_ends_to_the_bit_and_is_scored_without(tmp_path, composed, setting):
    settings = (*BASE, f"compile={setting}", "callbacks.last_checkpoint.every_n_steps=3")
    train(composed(*settings, run_folder=tmp_path / "whole"))
    with cut_in_batch(14):
        train(composed(*settings, run_folder=tmp_path / "cut"))
    train(composed(*settings, "resume=auto", run_folder=tmp_path / "cut"))
    whole = outcome(tmp_path / "whole")
    assert differences(outcome(tmp_path / "cut"), whole) == []
    train(composed(*BASE, "model.dropout=0", "compile=true", run_folder=tmp_path / "compiled"))
    train(composed(*BASE, "model.dropout=0", run_folder=tmp_path / "plain"))
    one, other = (last(tmp_path / name)["state_dict"] for name in ("compiled", "plain"))
    assert list(one) == list(other)
    for name, value in one.items():
        torch.testing.assert_close(value, other[name], rtol=1e-3, atol=1e-4)
    scores = evaluate(composed(f"run={tmp_path / 'whole'}", root="evaluate"))
    assert scores["loss"] == pytest.approx(whole["result"]["test"]["loss"], rel=1e-5)


def test_a_summary_is_over_before_a_network_is_compiled():
    module = L.LightningModule()
    module.network = nn.Linear(2, 2)
    on_device = NetworkOnDevice(True, "auto")
    on_device.begin(a_trainer(), module)
    assert on_device.mode == "default"
    assert not hasattr(on_device, "on_fit_start") or type(on_device).on_fit_start is L.Callback.on_fit_start


def test_its_copies_are_plain_and_its_names_stay(read_alone):
    import copy

    network = nn.Sequential(nn.Linear(2, 2))
    compile_in_place(network, "default")
    assert list(network.state_dict()) == ["0.weight", "0.bias"]
    assert torch.equal(copy.deepcopy(network)(torch.ones(1, 2)), network(torch.ones(1, 2)))


@pytest.mark.parametrize(("device", "copies"), [(CPU, False), (GPU, True)])
def test_what_graphs_answer_is_copied_on_a_gpu(monkeypatch, device, copies):
    monkeypatch.setattr("epochwise.device.compiled_network.missing_compiler", lambda device: None)
    task = a_task()
    assert mode_for("reduce-overhead", task, a_trainer(device)) == "reduce-overhead"
    assert task.answers_are_copied is copies


def test_a_copy_shares_no_memory():
    answer = {"a": torch.ones(2), "b": [torch.ones(1), (torch.zeros(1), None)]}
    task = Supervised(nn.Identity(), None, None, {})
    task.network.forward = lambda x: answer
    assert task(torch.ones(1)) is answer
    task.answers_are_copied = True
    found = task(torch.ones(1))
    answer["a"].zero_()
    answer["b"][1][0].fill_(5)
    assert found == {"a": pytest.approx([1, 1]), "b": [torch.ones(1), (torch.zeros(1), None)]}


def test_what_cannot_be_compiled_is_one_line(monkeypatch):
    with pytest.raises(InputError, match=r"^compile: got true, but SimpleNamespace has no 'network', which is what is"):
        mode_for(True, SimpleNamespace(), a_trainer())
    with pytest.raises(InputError, match=r"^compile: got true, but dict spreads the network over devices; allowed"):
        mode_for(True, a_task(), SimpleNamespace(strategy=type("dict", (), {"root_device": CPU})()))
    monkeypatch.setenv("CXX", "no-such-compiler -O2")
    with pytest.raises(
        InputError, match=r"^compile: got true, but torch compiles with no-such-compiler -O2, which is "
    ):
        mode_for(True, a_task(), a_trainer())


def test_a_gpu_needs_triton_and_a_compiler(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (8, 0))
    monkeypatch.setattr("epochwise.device.compiled_network.find_spec", lambda name: None)
    assert "the package triton, which is not installed" in missing_compiler(GPU)
    monkeypatch.setattr("epochwise.device.compiled_network.find_spec", lambda name: object())
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.delenv("CC", raising=False)
    assert missing_compiler(GPU).startswith("triton compiles with gcc or clang")
    monkeypatch.setenv("CC", "gcc")
    assert missing_compiler(GPU) is None
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (6, 1))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "P100")
    assert missing_compiler(GPU) == "torch compiles for GPUs from Volta on, and P100 is older"


def test_graphs_on_a_cpu_and_bf16_that_is_imitated_are_told(monkeypatch):
    (line,) = NetworkOnDevice("reduce-overhead", "auto").begin(a_trainer(), a_task())
    assert line == "compile=reduce-overhead: CUDA graphs need a GPU; on cpu it is as compile=true"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", partial(bool))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "T4")
    old = SimpleNamespace(strategy=SingleDeviceStrategy(GPU), precision="bf16-mixed")
    (line,) = NetworkOnDevice(False, "auto").begin(old, a_task())
    assert line == "trainer.precision=bf16-mixed: T4 only imitates bf16, which is slow; 16-mixed is fast"


def test_an_unknown_mode_is_named(composed):
    with pytest.raises(InputError, match=r"^compile: got 'fast' .str., allowed: bool, .*reduce-overhead"):
        check(composed("compile=fast"))
