"""Which answers make a project that can be installed, imported and linted."""

import keyword
import re
import sys
from pathlib import Path

#: Import names of what the project needs: a package of the same name would hide one of them.
IMPORTED = (
    "PIL", "absl", "annotated_types", "antlr4", "cookiecutter", "cruft", "fastai", "filelock", "finetuning_scheduler",
    "huggingface_hub", "hydra", "hydra_plugins", "hypothesis", "joblib", "keras", "lightning", "lightning_fabric",
    "lightning_utilities", "litdata", "matplotlib", "mkdocs", "mlflow", "mlxtend", "numpy", "omegaconf", "onnx",
    "onnxruntime", "onnxscript", "optuna", "packaging", "pandas", "peft", "pip", "psutil", "pyarrow", "pytest",
    "pytorch_lightning", "ray", "rich", "safetensors", "schedulefree", "scipy", "segmentation_models_pytorch",
    "selenium", "setuptools", "sklearn", "skorch", "sqlalchemy", "submitit", "tensorboard", "timm", "tokenizers",
    "torch", "torchgen", "torchmetrics", "torchvision", "transformers", "wandb", "webdataset", "yaml",
)  # fmt: skip
#: Folders and scripts at the top of the project.
TAKEN = (
    "benchmarks", "build", "conf", "crossval", "datasets", "dist", "docs", "epochs", "evaluate", "findings", "hooks",
    "new_project", "outputs", "report", "scripts", "search", "setup", "src", "test", "tests", "train",
)  # fmt: skip
#: Longer ones break lines at 120 columns that were whole, so that the new project would not pass its own linter.
MOST_LETTERS = 24


def fault(key: str, value: str) -> str | None:
    """Say in one line what is wrong with an answer.

    Args:
        key: of cookiecutter.json.
        value: what was answered.

    Returns:
        The line, with what was given and what is allowed; ``None`` where nothing is wrong.
    """
    wrong = _FAULTS[key](value)
    return f"{key}: got {value!r}, {wrong}" if wrong else None


def _of_project_name(value: str) -> str | None:
    # It goes into sentences, TOML, Makefile and docstrings: nothing that any of these reads as its own.
    fits = re.fullmatch(r"[^\W_](?:[\w .+-]{0,48}[\w+])?", value)
    return None if fits else "allowed: 1 to 50 letters, digits, spaces and - _ . +, the first a letter or digit"


def _of_project_slug(value: str) -> str | None:
    fits = re.fullmatch(r"[a-z0-9](?:[a-z0-9._-]{0,48}[a-z0-9])?", value)
    return None if fits else "allowed: 1 to 50 of a-z, 0-9, - _ ., the first and the last a letter or digit"


def _of_package_name(value: str) -> str | None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", value):
        return "allowed: a-z, 0-9 and _, the first a letter; a Python package is named so"
    if len(value) > MOST_LETTERS:
        return f"allowed: at most {MOST_LETTERS} letters; this has {len(value)}"
    if keyword.iskeyword(value) or keyword.issoftkeyword(value):
        return "allowed: no word of Python's grammar"
    if value in sys.stdlib_module_names:
        return "allowed: no module of Python's library, which it would hide"
    if value in IMPORTED:
        return "allowed: no library that the project imports, which it would hide"
    if value in TAKEN or value == "epochwise":
        return "allowed: another name; the template has a folder or script of this one"
    return None


def _of_line(value: str) -> str | None:
    return None if value.strip() and value.isprintable() else "allowed: one line of text"


def _of_author_name(value: str) -> str | None:
    fits = value.strip() and value.isprintable() and not set(value) & set("<>")
    return None if fits else "allowed: one line of text without < and >"


def _of_author_email(value: str) -> str | None:
    return (
        None if re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", value, re.ASCII) else "allowed: an address such as a@b.org"
    )


def _of_engine_source(value: str) -> str | None:
    """``newest``, a version, an address, or the path of a wheel."""
    if value == "newest" or re.fullmatch(r"\d+(\.\d+)*((a|b|rc|\.post|\.dev)\d+)?", value):
        return None
    if re.fullmatch(r"[a-z+]+://\S+", value):
        return None
    fits = value.endswith(".whl") and Path(value).is_file()
    return None if fits else "allowed: newest, a version such as 0.1.0, or the path or address of a wheel"


def _of_task(value: str) -> str | None:
    """Of a project that keeps the worked examples."""
    return None if value == "classification" else "allowed: classification; any with examples='start empty'"


_FAULTS = {
    "project_name": _of_project_name,
    "project_slug": _of_project_slug,
    "package_name": _of_package_name,
    "description": _of_line,
    "author_name": _of_author_name,
    "author_email": _of_author_email,
    "task": _of_task,
    "engine_source": _of_engine_source,
}
