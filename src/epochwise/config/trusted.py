"""What a config may name that comes from a run folder, and so perhaps from a stranger."""

from pathlib import Path, PurePath
from typing import Any

import yaml

from epochwise.input_error import InputError

#: What ``_target_`` may begin with. A run of your own that names another package: add a line.
TRUSTED = (
    "epochwise.callbacks.",
    "epochwise.data.",
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
    "timm.create_model",
    "timm.optim.",
    "torch.nn.",
    "torch.optim.",
    "torchmetrics.",
    "torchvision.models.",
    "torchvision.ops.",
    "torchvision.transforms.",
)
#: Nodes whose objects write files.
WRITERS = ("callbacks", "loggers", "stopping", "trainer")
FOLDER = "${run_folder}"


def read_trusted_config(run_folder: Path) -> dict[str, Any]:
    """Read ``config.yaml`` of a run folder as plain data, and refuse what a run would not have written.

    Args:
        run_folder: of one's own, or a stranger's.

    Returns:
        Its keys and values; ``${run_folder}`` stays as it is.

    Raises:
        InputError: a line for each fault: no such file, no mapping, a ``_target_`` outside ``TRUSTED``, a node for
            Hydra itself, an interpolation, or a path outside the run folder where something is written.
    """
    file = run_folder / "config.yaml"
    try:
        with open(file, encoding="utf-8") as stream:
            plain = yaml.safe_load(stream)
    except FileNotFoundError:
        raise InputError(f"run: {file} is missing; allowed: the folder of a run") from None
    except (yaml.YAMLError, OSError, ValueError, RecursionError) as error:
        raise InputError(f"run: {file} cannot be read: {' '.join(str(error).split())}") from None
    if not isinstance(plain, dict):
        raise InputError(f"run: {file} holds no settings")
    faults = [f"{key}: not for a run's config to set" for key in ("hydra", "defaults", "run_folder") if key in plain]
    for key, value in plain.items():
        faults += _faults(str(key), value, writes=key in WRITERS)
    if faults:
        raise InputError(*(f"{file}: {fault}" for fault in faults))
    return plain


def _faults(key: str, value: Any, writes: bool) -> list[str]:
    if isinstance(value, dict):
        pairs = [(f"{key}.{name}", item) for name, item in value.items()]
        faults = [f"{key}.{name}: no name of a setting" for name in value if not isinstance(name, str)]
    elif isinstance(value, list):
        pairs, faults = [(f"{key}.{index}", item) for index, item in enumerate(value)], []
    elif isinstance(value, str):
        return _text_faults(key, value, writes)
    else:
        return []
    return faults + [fault for name, item in pairs for fault in _faults(name, item, writes)]


def _text_faults(key: str, text: str, writes: bool) -> list[str]:
    if key.endswith("._target_") and not any(
        text.startswith(name) if name.endswith(".") else text == name for name in TRUSTED
    ):
        return [f"{key}: {text!r} is not among what a run's config may name; TRUSTED in config/trusted.py lists it"]
    inside = text == FOLDER or text.startswith(f"{FOLDER}/")
    if "${" in text.removeprefix(FOLDER if inside else ""):
        return [f"{key}: {text!r} refers to something; a run's config has plain values"]
    leaves = ".." in PurePath(text).parts or PurePath(text).is_absolute()
    if (writes and leaves) or (inside and ".." in PurePath(text).parts):
        return [f"{key}: {text!r} leaves the run folder"]
    return []
