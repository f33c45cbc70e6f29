import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from lightning.pytorch.accelerators import AcceleratorRegistry
from lightning.pytorch.strategies import StrategyRegistry
from omegaconf import OmegaConf

from epochwise.config.check import check
from epochwise.config.node import TRAINER, TRAINER_VALUES
from epochwise.config.resolve import MISSING, UNKNOWN, resolve
from epochwise.config.schema import RANGES
from epochwise.input_error import InputError
from epochwise.rules.monitor import contradictions, metrics_of
from epochwise.source.signature import signature


@pytest.fixture(scope="module")
def small(composer):
    config = composer.compose([])
    OmegaConf.set_struct(config, False)
    return config


def faults(small, **nodes):
    config = small.copy()
    for key, value in nodes.items():
        config[key] = value
    try:
        check(config)
    except InputError as error:
        return list(error.lines)
    return []


def test_a_good_config_has_no_fault(small):
    assert faults(small) == []


@pytest.mark.parametrize(
    ("nodes", "lines"),
    [
        (
            {"model": {"_target_": "little.Net", "num_outputs": 3}},
            [(
                "model.hidden_sizes: Net needs it, give it with +model.hidden_sizes=...; "
                "allowed: a list of at least 1 entries, each an int of at least 1"
            )],
        ),
        ({"model": {"_target_": "little.Net", "_args_": [3, [8]]}}, []),
        ({"model": {"_target_": "little.Net", "_partial_": True}}, []),
        (
            {"model": {"_target_": "little.Loose", "_convert_": "everything", "_partial_": 1}},
            [
                "model._partial_: got 1, allowed: True, False",
                "model._convert_: got 'everything', allowed: 'none', 'partial', 'object', 'all'",
            ],
        ),
        ({"model": {"_target_": "little.Loose", "width": 4, "height": 5}}, []),
        (
            {"model": {"width": 3}},
            ["model: settings without a class ('_target_'); choose a file with model=..."],
        ),
        ({"model": None}, ["model: got null, allowed: a node with the '_target_' of a class"]),
        ({"model": {"_target_": "builtins.dict", "anything": "goes"}}, []),
        (
            {"callbacks": {"keeper": {"_target_": "little.Keeper", "monitor": "val/loss", "keep": 5}}},
            ["callbacks.keeper.keep: got 5 (int), allowed: an object (Net, by its '_target_') or null"],
        ),
        (
            {"callbacks": {"keeper": {"_target_": "little.Keeper", "monitor": "val/loss",
                                      "keep": {"_target_": "little.Net", "num_outputs": 0, "hidden_sizes": [1]}}}},
            ["callbacks.keeper.keep.num_outputs: got 0 (int), allowed: an int of at least 1"],
        ),
        (
            {"callbacks": {"keeper": {"_target_": "little.Keeper", "monitor": "val/accuracy", "mode": "min"}}},
            ["callbacks.keeper.mode: got 'min', but val/accuracy is better when larger: callbacks.keeper.mode=max"],
        ),
        (
            {"callbacks": {"keeper": {"_target_": "little.Keeper.from_folder", "folder": None, "decay": 0}}},
            [
                "callbacks.keeper.folder: got null, allowed: a path or str",
                "callbacks.keeper.decay: got 0 (int), allowed: a number above 0 and at most 1",
            ],
        ),
        ({"data": {"_target_": "little.Table", "columns": ["a"], "fractions": [0.5, 0.5]}}, []),
        (
            {"data": {"_target_": "little.Table", "columns": "a", "fractions": [0.5], "made": 3}},
            [
                "data.columns: got 'a' (str), allowed: a list of str",
                "data.fractions: got [0.5], allowed: a list of float, float",
                "data.made: unknown key of Table, allowed: columns, fractions, by_name",
            ],
        ),
        ({"callbacks": [1]}, ["callbacks: got [1], allowed: nodes by name, each with a '_target_'"]),
        ({"callbacks": None}, []),
        ({"loggers": {}}, []),
        ({"seed": "${seeds}"}, ["seed: got '${seeds}', which leads nowhere: Interpolation key 'seeds' not found"]),
        ({"task": {"_target_": "little.OwnTask", "monitor": "val/los"}}, [(
            "task.monitor: got 'val/los', which is never logged, allowed: val/loss, val/accuracy, train/loss, "
            "train/accuracy; did you mean 'val/loss'?"
        )]),
    ],
)  # fmt: skip
def test_a_node_is_bound_to_what_it_names(small, nodes, lines):
    assert faults(small, **nodes) == lines


def test_keys_that_contradict_by_reference_alone_are_both_at_fault(small):
    lines = faults(small, monitor="${mode}", mode="${monitor}")
    assert [line.split(":")[0] for line in lines] == ["monitor", "mode"]


def test_the_front_door_decides_what_may_stand_at_the_root():
    config = OmegaConf.create({"run": "???", "ckpt": 3, "split": "test", "predict": None, "seed": 0, "model": 3})
    with pytest.raises(InputError) as raised:
        check(config, "evaluate")
    assert raised.value.lines == (
        "model: unknown key, allowed: run, ckpt, export, exported, split, predict, trust, seed, data",
        "run: has no value yet, give it one with run=...; allowed: str or null",
        "ckpt: got 3 (int), allowed: str; as text: \"ckpt='3'\"",
    )


def test_what_only_the_run_can_tell_is_accepted():
    config = OmegaConf.create(
        {
            "spec": "???", "size": "${spec.shape.0}", "again": "${size}", "folder": "${hydra:runtime.output_dir}/x",
            "list": ["${again}", 3], "missing": "???", "home": "${oc.env:NO_SUCH_VARIABLE}", "plain": "${list.1}",
        }
    )  # fmt: skip
    resolved = resolve(config)
    assert resolved.faults == {}
    assert resolved.tree == {
        "spec": MISSING, "size": UNKNOWN, "again": UNKNOWN, "folder": UNKNOWN, "list": [UNKNOWN, 3], "missing": MISSING,
        "home": UNKNOWN, "plain": 3,
    }  # fmt: skip


def test_metrics_of_a_task_are_read_also_where_inherited():
    assert metrics_of("little.OwnTask") == {"loss": "min", "accuracy": "max"}
    assert metrics_of("little.Net") == {}


def test_ranges_are_of_arguments_that_libraries_have():
    targets = [
        "lightning.pytorch.Trainer", "lightning.pytorch.callbacks.EarlyStopping", "torch.optim.AdamW",
        "torch.optim.SGD", "lightning.pytorch.callbacks.RichModelSummary",
        "lightning.pytorch.callbacks.ModelCheckpoint", "lightning.pytorch.callbacks.EMAWeightAveraging",
        "torch.optim.lr_scheduler.OneCycleLR", "torch.optim.lr_scheduler.StepLR", "torch.optim.lr_scheduler.ConstantLR",
        "torch.optim.lr_scheduler.CosineAnnealingLR", "torch.utils.data.DataLoader", "torchmetrics.Accuracy",
        "torchvision.transforms.v2.RandomHorizontalFlip", "timm.models.resnet.ResNet",
    ]  # fmt: skip
    known = {name for target in targets for name in signature(target).parameters}
    assert set(RANGES) <= known


def test_values_of_the_trainer_are_those_that_it_takes():
    parameters = signature("lightning.pytorch.Trainer").parameters
    assert {parameters[name].module.name for name in TRAINER_VALUES} == {TRAINER}
    assert set(AcceleratorRegistry.available_accelerators()) <= set(get_args(TRAINER_VALUES["accelerator"]))
    names, _ = get_args(TRAINER_VALUES["strategy"])  # or an object
    assert {"auto", *StrategyRegistry.available_strategies()} == set(get_args(names))


@pytest.mark.parametrize(
    ("trainer", "monitor", "at_fault"),
    [
        ({"limit_val_batches": 0.0}, "val/loss", ["monitor", "stopping.monitor"]),
        ({"limit_val_batches": 0}, "train/loss", []),
        ({"limit_val_batches": 0, "fast_dev_run": True}, "val/loss", []),
        ({"check_val_every_n_epoch": 3, "max_epochs": 2}, "val/loss", ["monitor", "stopping.monitor"]),
        ({"check_val_every_n_epoch": 2, "max_epochs": 2}, "val/loss", []),
        ({"check_val_every_n_epoch": None, "max_epochs": 2}, "val/loss", []),
        ({"min_epochs": 3, "max_epochs": 2}, "val/loss", ["trainer.min_epochs"]),
        ({"min_epochs": 2, "max_epochs": 2}, "val/loss", []),
        ({"min_epochs": "x", "max_epochs": UNKNOWN}, "val/loss", []),
        ({"accelerator": "gpu", "devices": [0, 1]}, "val/loss", []),
        ({"accelerator": "cpu", "devices": [0, 1]}, "val/loss", ["trainer.devices"]),
        (UNKNOWN, "val/loss", []),
    ],
)
def test_settings_that_contradict_each_other_are_faults(trainer, monitor, at_fault):
    tree = {"trainer": trainer, "monitor": monitor, "stopping": {"monitor": monitor}}
    assert list(contradictions(tree)) == at_fault


@pytest.mark.parametrize(("augment", "at_fault"), [({"_target_": "x"}, ["finetune.cache_features"]), (None, [])])
def test_features_of_pictures_that_are_drawn_anew_are_not_cached(augment, at_fault):
    tree = {"trainer": {}, "finetune": {"cache_features": True}, "data": {"augment": augment}}
    assert list(contradictions(tree)) == at_fault


def test_a_check_imports_neither_torch_nor_what_it_checks():
    code = (
        "import sys; sys.path.insert(0, sys.argv[2])\n"
        "from hydra import compose, initialize_config_dir\n"
        "from epochwise.command_line.composer import engine_conf\n"
        "from epochwise.config.check import check\n"
        "with engine_conf(), initialize_config_dir(sys.argv[1], version_base='1.3'): check(compose('train'))\n"
        "print(sorted({'torch', 'lightning', 'timm', 'torchvision', 'numpy', 'little'} & set(sys.modules)))\n"
    )
    project = Path(__file__).parents[1] / "little_project"
    done = subprocess.run(
        [sys.executable, "-c", code, str(project / "conf"), str(project)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_a_class_in_the_file_of_another_one_is_one_line_that_says_how_to_leave_the_file_out(composed):
    config = composed("data._target_=lightning.pytorch.demos.boring_classes.BoringDataModule")
    with pytest.raises(InputError) as caught:
        check(config)
    (line,) = caught.value.lines
    assert line.startswith("data: BoringDataModule does not take image_size, classes, batch_size, ")
    assert "override /data: null in the defaults of what names BoringDataModule, or ~data '+data={_target_: " in line
