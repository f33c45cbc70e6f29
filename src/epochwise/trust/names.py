"""What ``_target_`` may name in a config that comes from a run folder, and so perhaps from a stranger."""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from epochwise.source.definition import Found, find

#: Where classes and functions are defined that any run's ``_target_`` may name, and single names. What else a project
#: trusts follows from its conf and its own packages (``named_classes.py``).
TRUSTED = (
    "epochwise.callbacks.",
    "epochwise.data.",
    "epochwise.finetune.",
    "epochwise.loggers.",
    "epochwise.model.",
    "epochwise.optimizer.",
    "epochwise.scheduler.",
    "epochwise.stopping.",
    "epochwise.task.",
    "lightning.pytorch.Callback",
    "lightning.pytorch.Trainer",
    "lightning.pytorch.callbacks.",
    "lightning.pytorch.loggers.",
    "lightning.pytorch.profilers.",
    "lightning.pytorch.strategies.",
    "schedulefree.",
    "segmentation_models_pytorch.decoders.",
    "sklearn.model_selection.GroupKFold",
    "sklearn.model_selection.KFold",
    "sklearn.model_selection.RepeatedKFold",
    "sklearn.model_selection.RepeatedStratifiedKFold",
    "sklearn.model_selection.StratifiedGroupKFold",
    "sklearn.model_selection.StratifiedKFold",
    "sklearn.model_selection.TimeSeriesSplit",
    "timm.create_model",
    "timm.optim.",
    "torch.nn.",
    "torch.optim.",
    "torchmetrics.aggregation.",
    "torchmetrics.classification.",
    "torchmetrics.regression.",
    "torchvision.models.",
    "torchvision.ops.",
    "torchvision.transforms.",
)


@dataclass(frozen=True)
class Trust:
    """What a project and a command line vouch for, beside ``TRUSTED``. What lies in the run folder vouches for nothing.

    Args:
        named: dotted path -> the files that name it as ``_target_``; no file where a command line does.
        listed: entry of ``trust`` -> likewise. A dotted path of one thing, or of a package or module, all classes of
            which may be named; its functions only by their own entries, since many read and write files.
        own: top-level name -> folder or file of a package or module of the project itself, whose classes and plain
            functions may be named.
    """

    named: Mapping[str, frozenset[Path]] = field(default_factory=dict)
    listed: Mapping[str, frozenset[Path]] = field(default_factory=dict)
    own: Mapping[str, Path] = field(default_factory=dict)

    def allows(self, target: str, run_folder: Path | None = None) -> bool:
        """Whether the config of a run may name this.

        Args:
            target: a dotted path.
            run_folder: of the run.
        """
        if is_trusted(target):
            return True
        named, listed = ({name for name, files in one.items() if _vouches(files, run_folder)}
                         for one in (self.named, self.listed))  # fmt: skip
        if target in named | listed:
            return True
        found = _defined(target, {*self.own, *(entry.partition(".")[0] for entry in listed)})
        if found is None:
            return False
        top = found.module.name.partition(".")[0]  # not of the target: a module also holds what it imports
        if top in self.own and _vouches({found.module.file, self.own[top]}, run_folder, all_of_them=True):
            # What a decorator makes of a function is not read here: it may be a front door.
            return isinstance(found.node, ast.ClassDef) or not getattr(found.node, "decorator_list", [])
        name = f"{found.module.name}.{getattr(found.node, 'name', '')}"
        is_class = isinstance(found.node, ast.ClassDef)
        return any(name == entry or (is_class and name.startswith(f"{entry}.")) for entry in listed)


def _vouches(files: Iterable[Path], run_folder: Path | None, all_of_them: bool = False) -> bool:
    """Whether files that say something lie outside the run folder they say it of."""
    inside = run_folder.resolve() if run_folder else None
    outside = [inside is None or not file.resolve().is_relative_to(inside) for file in files]
    return all(outside) if all_of_them or not outside else any(outside)


def is_trusted(target: str) -> bool:
    """Whether a run's config may name this, by where it is defined: a trusted module also holds what it imports.

    Args:
        target: a dotted path. One that goes through a class is refused (``load_from_checkpoint`` of any task reads a
            pickle), and so is what begins with an underscore: it leads to anything that Python has.
    """
    if target in TRUSTED and not target.endswith("."):
        return True
    found = _defined(target, {name.partition(".")[0] for name in TRUSTED})
    if found is None:
        return False
    inside = any(name.endswith(".") and f"{found.module.name}.".startswith(name) for name in TRUSTED)
    return inside or _is_timm_network(found)


def _defined(target: str, tops: set[str]) -> Found | None:
    """The class or function at the top level of a module, below one of some top-level names, that a path leads to."""
    parts = target.split(".")
    if len(target) > 200 or parts[0] not in tops or any(part.startswith("_") for part in parts):
        return None
    try:
        found = find(target)
    except (LookupError, RecursionError):
        return None
    if found is None or not isinstance(found.node, (ast.ClassDef, ast.FunctionDef)):
        return None
    return found if found.module.names.get(found.node.name) is found.node else None


def _is_timm_network(found: Found) -> bool:
    """Whether it is one of the functions that ``timm.create_model``, which is trusted, calls by their names."""
    decorators = {ast.unparse(decorator) for decorator in getattr(found.node, "decorator_list", [])}
    return found.module.name.startswith("timm.models.") and "register_model" in decorators
