import inspect

import pytest
from hydra.utils import get_object

from epochwise.source.signature import signature

LIBRARIES = [
    "lightning.pytorch.Trainer",
    "lightning.pytorch.Callback",
    "lightning.pytorch.callbacks.ModelCheckpoint",
    "lightning.pytorch.callbacks.EMAWeightAveraging",
    "lightning.pytorch.callbacks.RichModelSummary",
    "lightning.pytorch.callbacks.EarlyStopping",
    "lightning.pytorch.loggers.TensorBoardLogger",
    "lightning.pytorch.loggers.CSVLogger",
    "lightning.pytorch.loggers.WandbLogger",
    "lightning.pytorch.loggers.MLFlowLogger",
    "lightning.pytorch.strategies.DDPStrategy",
    "lightning.pytorch.profilers.PyTorchProfiler",
    "torch.nn.CrossEntropyLoss",
    "torch.optim.AdamW",
    "torch.optim.SGD",
    "torch.optim.lr_scheduler.OneCycleLR",
    "torch.optim.lr_scheduler.ReduceLROnPlateau",
    "torch.optim.lr_scheduler.StepLR",
    "torch.optim.lr_scheduler.CosineAnnealingLR",
    "torch.optim.lr_scheduler.ConstantLR",
    "timm.create_model",
    "timm.optim.Muon",
    "timm.optim.AdamW",
    "torchvision.transforms.v2.RandomCrop",
    "torchvision.transforms.v2.RandomAffine",
    "torchvision.transforms.v2.Compose",
    "torchvision.models.resnet18",
    "torchvision.datasets.MNIST",
    "torchmetrics.Accuracy",
    "epochwise.model.mlp.MLP",
    "epochwise.task.classification.Classification",
    "epochwise.scheduler.cosine.Cosine",
]


@pytest.mark.parametrize("target", LIBRARIES)
def test_the_source_says_what_the_imported_class_says(target):
    read = signature(target)
    imported = inspect.signature(get_object(target)).parameters
    named = {key: one for key, one in imported.items() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}
    assert list(read.parameters) == list(named)
    assert [key for key, one in read.parameters.items() if one.default is None] == [
        key for key, one in named.items() if one.default is one.empty
    ]
    assert read.takes_any == any(one.kind == one.VAR_KEYWORD for one in imported.values())
    assert read.positional == sum(one.kind != one.KEYWORD_ONLY for one in named.values())


@pytest.mark.parametrize(
    ("target", "names"),
    [
        ("little.Deep", ["num_outputs", "hidden_sizes", "dropout", "activation"]),  # inherited
        ("little.Table", ["columns", "fractions", "by_name"]),  # a dataclass
        ("little.Keeper.from_folder", ["folder", "decay"]),  # a classmethod
        ("little.Renamed", ["monitor", "mode", "every_n_epochs", "keep"]),  # an alias
    ],
)
def test_arguments_are_read_from_the_source(target, names):
    assert list(signature(target).parameters) == names


def test_a_subclass_takes_any_number_without_a_name_where_its_base_does():
    assert signature("little.Chain").takes_more


@pytest.mark.parametrize("target", ["builtins.dict", "torch.Generator", "numpy.ndarray"])
def test_what_is_compiled_is_left_to_the_import(target):
    assert signature(target) is None


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("little.Nett", "no 'Nett' in little; did you mean 'Net'?"),
        ("torch.optim.AdamWW", "no 'AdamWW' in torch.optim; did you mean 'AdamW'?"),
        ("epochwise.modle.mlp.MLP", "no 'modle' in epochwise; did you mean 'model'?"),
        ("epochwise.model.mlp", "epochwise.model.mlp is a module, no class or function"),
        ("no_such_package.Net", "no package 'no_such_package' is installed"),
        ("Net", "no dotted path of a class or function"),
        ("little..Net", "no dotted path of a class or function"),
    ],
)
def test_what_is_not_there_is_said_with_the_closest_name(target, message):
    with pytest.raises(LookupError) as raised:
        signature(target)
    assert str(raised.value) == message
