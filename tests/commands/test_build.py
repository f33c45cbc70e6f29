import pytest
import torch
from lightning_utilities.core.imports import RequirementCache
from omegaconf import OmegaConf

from epochwise.commands.build import build
from epochwise.input_error import InputError


def config(target, **settings):
    return OmegaConf.create({"group": {"name": {"_target_": target, **settings}}})


def test_a_partial_node_is_completed_later():
    make = build(config("builtins.dict", _partial_=True, a=1), "group.name")
    assert make(b=2) == {"a": 1, "b": 2}


def test_what_is_given_reaches_the_object_as_it_is():
    given = object()
    assert build(config("builtins.dict", a=[1, {"b": 2}]), "group.name", it=given) == {"a": [1, {"b": 2}], "it": given}


def test_a_value_that_a_class_refuses_is_a_line_that_names_the_node():
    settings = {"input_shape": [3], "num_outputs": 2}
    with pytest.raises(InputError, match=r"^group\.name: a cnn takes pictures"):
        build(config("epochwise.model.cnn.CNN", **settings), "group.name")


def test_a_package_that_is_not_installed_is_a_line():
    with pytest.raises(
        InputError,
        match=r"^group\.name: not_installed\.Thing needs the package 'not_installed', which is not installed$",
    ):
        build(config("not_installed.Thing"), "group.name")


def test_a_package_that_a_library_asks_for_in_its_own_words_is_a_line(monkeypatch):
    monkeypatch.setattr("lightning.pytorch.loggers.mlflow._MLFLOW_AVAILABLE", RequirementCache("not-installed"))
    with pytest.raises(InputError, match=r"^group\.name: .*MLFlowLogger refused: Requirement 'not-installed' not met"):
        build(config("lightning.pytorch.loggers.MLFlowLogger"), "group.name")


def test_a_fault_in_the_code_of_a_class_stays_what_it_is():
    with pytest.raises(ZeroDivisionError):
        build(config("operator.truediv", _args_=[1, 0]), "group.name")


@pytest.mark.skipif(torch.cuda.is_available() or torch.backends.mps.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told_with_what_is_allowed(composed):
    with pytest.raises(
        InputError, match=r"^trainer: got accelerator=gpu, but no GPU is found here; allowed: trainer=c"
    ):
        build(composed("trainer=gpu"), "trainer")
