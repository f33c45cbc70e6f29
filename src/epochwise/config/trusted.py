"""What ``_target_`` may name in a config that comes from a run folder, and so perhaps from a stranger."""

import ast

from epochwise.config.definition import Found, find

#: Where classes and functions are defined that ``_target_`` may name, and single names. A run of your own that names
#: another package: add a line.
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


def is_trusted(target: str) -> bool:
    """Whether a run's config may name this, by where it is defined: a trusted module also holds what it imports.

    Args:
        target: a dotted path. One that goes through a class is refused (``load_from_checkpoint`` of any task reads a
            pickle), and so is what begins with an underscore: it leads to anything that Python has.
    """
    if target in TRUSTED and not target.endswith("."):
        return True
    parts, tops = target.split("."), {name.partition(".")[0] for name in TRUSTED}
    if len(target) > 200 or parts[0] not in tops or any(part.startswith("_") for part in parts):
        return False
    try:
        found = find(target)
    except (LookupError, RecursionError):
        return False
    if found is None or not isinstance(found.node, (ast.ClassDef, ast.FunctionDef)):
        return False
    if found.module.names.get(found.node.name) is not found.node:
        return False
    inside = any(name.endswith(".") and f"{found.module.name}.".startswith(name) for name in TRUSTED)
    return inside or _is_timm_network(found)


def _is_timm_network(found: Found) -> bool:
    """Whether it is one of the functions that ``timm.create_model``, which is trusted, calls by their names."""
    decorators = {ast.unparse(decorator) for decorator in getattr(found.node, "decorator_list", [])}
    return found.module.name.startswith("timm.models.") and "register_model" in decorators
