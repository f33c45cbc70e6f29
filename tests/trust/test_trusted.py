import pytest

from epochwise.trust.names import TRUSTED, is_trusted


@pytest.mark.parametrize(
    "target",
    [
        "epochwise.model.mlp.MLP",
        "torch.nn.Module",  # a re-export
        "torch.optim.AdamW",
        "torch.optim.lr_scheduler.OneCycleLR",
        "lightning.pytorch.Trainer",
        "lightning.pytorch.callbacks.ModelCheckpoint",
        "timm.create_model",
        "timm.models.resnet.resnet10t",  # what it calls by its name
        "timm.models.convnext_tiny",
        "torchvision.transforms.v2.RandomCrop",
        "torchmetrics.classification.MulticlassAccuracy",
    ],
)
def test_classes_of_the_listed_packages_are_trusted(target):
    assert is_trusted(target)


@pytest.mark.parametrize(
    "target",
    [
        "os.system",
        "builtins.eval",
        "subprocess.Popen",
        "functools.partial",
        "torch.load",
        "torch.hub.load",
        "torch.serialization.load",
        "pickle.loads",
        "epochwise.commands.train.train",  # ours, and not a part
        "epochwise.run.checkpoints.read_checkpoint",
    ],
)
def test_nothing_of_other_packages_is_trusted(target):
    assert not is_trusted(target)


@pytest.mark.parametrize(
    "target",
    [
        "torch.nn.modules.module.Module.load_state_dict",  # through a class
        "lightning.pytorch.core.module.LightningModule.load_from_checkpoint",
        "torch.nn.modules.module.os.system",  # what a trusted module imports
        "epochwise.data.tables.read_table.pd.read_pickle",
        "epochwise.data.torchvision_pictures.FileLock",
        "timm.models.load_checkpoint",  # no network
        "timm.models.resnet.build_model_with_cfg",
        "torchvision.models.detection.rpn.warnings.warn",
        "torch.nn.modules.conv.__builtins__.eval",
        "torch.nn.Module.__subclasses__",
        "torch.nn.functional.linear",  # made at run time
        "torch.nn.modules",  # a module
        "torch.nn.NoSuchClass",
        "torch.nn.",
        "torch.nn",
        "torch.nn..Module",
        "torch.nn.Module ",
        "torchx.nn.Module",
        "",
        "." * 100,
        "torch.nn." + "a" * 500,
        "torch.nn" + ".modules" * 30,
    ],
)
def test_no_way_leads_out_of_a_trusted_package(target):
    assert not is_trusted(target)


def test_every_entry_is_a_package_with_a_dot_or_names_one_thing():
    assert all(name.endswith(".") or is_trusted(name) for name in TRUSTED)
