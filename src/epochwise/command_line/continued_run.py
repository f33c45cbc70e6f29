"""A command line that names a run: its settings come first, then what is typed."""

import re
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from epochwise.command_line.composer import Composer, engine_conf
from epochwise.command_line.override_text import parse_arguments, quoted_value
from epochwise.config.schema import TRAIN
from epochwise.input_error import InputError
from epochwise.trust.project import project_trust
from epochwise.trust.run_config import OF_A_SEARCH, leave_search, read_trusted_config


def named_run(text: str) -> tuple[Path, str | None]:
    """Find the folder of a run by it, or by something in it.

    Args:
        text: a run folder, its ``checkpoints``, or a file of one of both; ``~`` is expanded.

    Returns:
        The folder, and the name of the checkpoint, such as ``best``, where a file is named.

    Raises:
        InputError: nothing is there.
    """
    path = Path(text).expanduser()
    if path.suffix == ".ckpt" and path.is_file():
        return (path.parent.parent if path.parent.name == "checkpoints" else path.parent), path.stem
    if path.name == "checkpoints" and path.is_dir() and (path.parent / "config.yaml").exists():
        return path.parent, None
    if path.is_file() and (path.parent / "config.yaml").exists():
        return path.parent, None
    if not path.is_dir():
        siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"run: no folder {path}{InputError.closest(path.name, siblings)}")
    return path, None


def run_word(words: list[str]) -> str | None:
    """What ``run=`` says, for the last time; None where no run is named."""
    return next((word.removeprefix("run=") for word in reversed(words) if word.startswith("run=")), None)


#: Key -> those that conf lets follow it. config.yaml has values alone, so where both were the same they stay the same.
FOLLOWING = {"optimizer.lr": ("scheduler.max_lr",)}
#: Groups of which a run may be given another file, or one more.
CHOSEN = ("stopping", "callbacks", "loggers")
#: What ``trainer=NAME`` takes of that file: where training goes on, and in which precision; the rest is of the run.
OF_THE_PLACE = ("accelerator", "devices", "num_nodes", "strategy", "precision")
#: What run=FOLDER says itself.
OF_THE_FOLDER = ("run_folder", "resume", "hydra.run.dir")


def continue_run(words: list[str], conf: Path | None = None) -> list[str]:
    """Turn ``run=FOLDER`` into the run's own config as the root config, and its folder as the run folder.

    What ``_target_`` names has to be known: to ``TRUSTED``, to this project or the command line (``project_trust``).

    Args:
        words: of the command line, without the program.
        conf: the project's folder of configs.

    Returns:
        The words for Hydra; the same where no run is named.

    Raises:
        InputError: no such run, a config that cannot be trusted, or a choice of another file for what a run keeps.
    """
    named = run_word(words)
    if named is None:
        return words
    folder, ckpt = named_run(named)
    if ckpt not in (None, "last"):
        raise InputError(f"run: a run goes on from its last.ckpt, not from {ckpt}.ckpt: run={folder}")
    folder = folder.absolute()
    rest = [word for word in words if not word.startswith(("run=", "trust="))]
    read = parse_arguments(rest)
    plain = trusted_run(folder, words, conf)
    nodes = {key: plain[key] if isinstance(plain.get(key), dict) else {} for key in TRAIN.one}
    if cut := sorted(key for key, node in nodes.items() if "_target_" not in node):
        file = folder / "config.yaml"
        raise InputError(f"run: {file} names no class for {cut[0]!r}: it is damaged or cut short")
    choices = [word for word in read.overrides if _is_choice(word)] if conf else []
    if faults := _faults(rest, choices, plain, folder):
        raise InputError(*faults)
    set_keys = {_key(word) for word in read.overrides}
    given = leave_search(plain)
    given += [word for word in read.overrides if word not in choices]
    given += [
        f"{follower}=${{{key}}}"
        for key, followers in FOLLOWING.items()
        for follower in followers
        if key in set_keys and follower not in set_keys and _at(plain, follower) is not None
        and _at(plain, follower) == _at(plain, key)
    ]  # fmt: skip
    quoted = quoted_value(str(folder))
    return [
        f"--config-path={folder}",
        "--config-name=config",
        *(word for word in rest if word not in read.overrides),  # argparse wants all overrides in one row
        *_chosen_files(choices, conf, read.config_dir),
        # Runs that were begun before there was such a key lack it.
        *(f"++{word}" if word.startswith("extend=") else word for word in given),
        f"+run_folder={quoted}",
        "++resume=auto",
        f"hydra.run.dir={quoted}",
        "hydra.output_subdir=null",
        "hydra/job_logging=none",
        "hydra/hydra_logging=none",
    ]


def trusted_run(folder: Path, words: list[str], conf: Path | None) -> dict[str, Any]:
    """The config of a run that a command line goes on with: see ``read_trusted_config``.

    To be used with ``leave_search``: what a trial says of its search's database is not looked at.

    Args:
        folder: of the run.
        words: of the command line, without the program; ``trust=`` among them.
        conf: the project's folder of configs.
    """
    read = parse_arguments([word for word in words if not word.startswith(("run=", "trust="))])
    replaced = {_key(word) for word in read.overrides} | {OF_A_SEARCH}
    return read_trusted_config(folder, project_trust(conf, words), replaced)


def _key(word: str) -> str:
    return word.lstrip("+~").partition("=")[0]


def _is_choice(word: str) -> bool:
    return (_key(word) in CHOSEN and not word.startswith("~")) or word.startswith("trainer=")


def _at(plain: dict[str, Any], key: str) -> Any:
    node, _, name = key.rpartition(".")
    inside = plain.get(node, {}) if node else plain
    return inside.get(name) if isinstance(inside, dict) else None


def _faults(words: list[str], choices: list[str], plain: dict[str, Any], folder: Path) -> list[str]:
    faults = [f"{word}: one run is continued at a time" for word in words if word in ("-m", "--multirun")]
    for word in words:
        key = _key(word)
        if word in choices or word.lstrip("+") == "resume=auto":
            continue
        if key in OF_THE_FOLDER:
            faults.append(f"{word}: run=FOLDER says it already")
        elif key == "experiment":
            faults.append(f"{word}: a run that is continued keeps its settings; set values by KEY=VALUE")
        elif key in ("callbacks", "loggers", "trainer") and isinstance(plain.get(key), dict):
            faults.append(f"{word}: a run that is continued keeps its {key}; set values by {key}.KEY=VALUE")
        elif isinstance(plain.get(key), dict):
            anew = f"a new run can begin with its weights: model.pretrained={folder} {word}"
            faults.append(f"{word}: a run that is continued keeps its {key}; {anew}")
        elif key == "model.pretrained":
            faults.append(f"{word}: a run that is continued has the weights of its checkpoint; leave it out")
    if any(_key(word) == "budget" for word in words):
        faults.append("budget: a run that goes on takes trainer.max_epochs=..., or ++trainer.max_time=DD:HH:MM:SS")
    if any(word.startswith("extend=") for word in words) and not any("trainer.max_epochs=" in word for word in words):
        faults.append("extend: says what becomes of the schedule with more epochs; set trainer.max_epochs=... too")
    return faults


def _chosen_files(choices: list[str], conf: Path | None, config_dir: str | None) -> list[str]:
    """Words that put the nodes of chosen files into a config without a list of defaults."""
    words = []
    for choice in choices:
        group = _key(choice)
        with engine_conf():
            composer = Composer(str(conf), "train", config_dir)
        name = choice.partition("=")[2]
        if not composer.has_option(group, name):
            options = composer.options(group)
            close = InputError.closest(name, options)
            raise InputError(f"{group}: no option {name!r}; allowed: {', '.join(options)}{close}")
        sign = "" if group in ("stopping", "trainer") else "+"
        node: Any = composer.compose([f"{sign}{group}={name}"])[group]
        if group == "trainer":
            words += [f"++trainer.{key}={_typed_node(node[key])}" for key in OF_THE_PLACE if key in node]
        elif group == "stopping":
            words += ["~stopping", f"+stopping={_typed_node(node)}"]
        else:
            words.append(f"+{group}.{name}={_typed_node(node[name])}")
    return words


def _typed_node(node: Any) -> str:
    """A node, or a value, as a command line says it, interpolations and all."""
    return typed_value(OmegaConf.to_container(node, resolve=False) if isinstance(node, DictConfig) else node)


def typed_value(value: Any) -> str:
    """A plain value likewise."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{name}:{typed_value(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(typed_value, value)) + "]"
    if isinstance(value, str) and re.fullmatch(r"\$\{[\w.]+\}", value):
        return value  # in quotes, the number that it leads to would be typed on to other processes as a text
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace("'", "\\'")
        return f"'{escaped}'"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
