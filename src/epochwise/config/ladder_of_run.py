"""A command line of epochs.py with the settings of a run."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from epochwise.config.composer import Composer
from epochwise.config.continued_run import trusted_run, typed_value
from epochwise.config.engine_conf import ENGINE_CONF, engine_conf
from epochwise.config.hydra_arguments import parse_arguments
from epochwise.config.named_run import named_run
from epochwise.config.quoted_value import quoted_value
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError

#: What hydra/ladder.yaml of the engine says, for a root config beside which there are no files to choose.
OF_HYDRA = (
    "hydra.mode=MULTIRUN",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
    "hydra.output_subdir=null",
    "+hydra.callbacks.sweep_start._target_=epochwise.sweep.sweep_start.SweepStart",
    "hydra/sweeper=ladder",
)
OWN_KEYS = sorted(SCHEMAS["epochs"].scalars.keys() - SCHEMAS["train"].scalars.keys())


def ladder_of_run(words: list[str], conf: Path) -> list[str]:
    """Turn ``run=FOLDER`` into the run's own config as the root config, with what ``epochs.yaml`` has beside it.

    Where its schedule has no steady rate, it gets that of ``epochs.yaml``; its own early stopping goes.

    Args:
        words: of the command line, without the program.
        conf: the project's folder of configs.

    Returns:
        The words for Hydra; the same where no run is named.

    Raises:
        InputError: no such run, a config that cannot be trusted, or a choice of a file, of which it has none.
    """
    named = [word.removeprefix("run=") for word in words if word.startswith("run=")]
    if not named:
        return words
    folder = named_run(named[-1])[0].absolute()
    plain = trusted_run(folder, words, conf)
    rest = [word for word in words if not word.startswith(("run=", "trust="))]
    read = parse_arguments(rest)
    typed = read.overrides
    if read.config_dir:
        raise InputError(
            "--config-dir: not with run=FOLDER, whose config has all of its settings; trust=NAME trusts a class"
        )
    own = {word.lstrip("+").partition("=")[0]: word.partition("=")[2] for word in typed}
    if chosen := [word for word in typed if word.lstrip("+~").partition("=")[0] in plain and _is_node(word, plain)]:
        raise InputError(*(f"{word}: the settings are those of the run; set values by KEY=VALUE" for word in chosen))
    with engine_conf():
        defaults: Any = Composer(str(conf), "epochs").compose([])
    ladder: dict[str, Any] = {key: OmegaConf.to_container(defaults, resolve=False)[key] for key in OWN_KEYS}  # type: ignore[call-overload, index]
    where = [] if any(key == "hydra.sweep.dir" for key in own) else [f"hydra.sweep.dir={_sweep_dir(defaults)}"]
    return [
        f"--config-path={folder}",
        f"--config-dir={ENGINE_CONF}",  # of the sweeper's file
        "--config-name=config",
        *(word for word in rest if word not in typed),
        *OF_HYDRA,
        *where,
        "+run_folder='${hydra:runtime.output_dir}'",
        *(f"+{key}={own.get(key) or typed_value(ladder[key])}" for key in OWN_KEYS),
        *(f"++{key}={own.get(key, value)}" for key, value in (("resume", "true"), ("trainer.limit_test_batches", "0"))),
        *(["~changes"] if "changes" in plain else []),
        *_schedule(plain, defaults),
        *_stopping(plain, defaults),
        *(word for word in typed if word.lstrip("+").partition("=")[0] not in (*OWN_KEYS, "resume")),
    ]


def _is_node(word: str, plain: dict[str, Any]) -> bool:
    return isinstance(plain[word.lstrip("+~").partition("=")[0]], dict)


def _sweep_dir(defaults: Any) -> str:
    return quoted_value(str(OmegaConf.to_container(defaults.hydra.sweep, resolve=False)["dir"]))  # type: ignore[call-overload, index]


def _schedule(plain: dict[str, Any], defaults: Any) -> list[str]:
    if "cooldown_fraction" in plain["scheduler"]:
        return ["scheduler.max_epochs=${trainer.max_epochs}"]
    return _in_place_of("scheduler", plain, defaults)


def _stopping(plain: dict[str, Any], defaults: Any) -> list[str]:
    ends = str(plain["stopping"].get("_target_")).startswith("epochwise.stopping.")
    return _in_place_of("stopping", plain, defaults) if ends else []


def _in_place_of(group: str, plain: dict[str, Any], defaults: Any) -> list[str]:
    """Words that give a node other keys; as a whole it would be taken for a choice of a file."""
    node: Any = OmegaConf.to_container(defaults[group], resolve=False)
    dropped = [key for key in plain[group] if key not in node]
    # Hydra drops no key that is null.
    words = [word for key in dropped for word in (f"{group}.{key}=0", f"~{group}.{key}")]
    return [*words, *(f"++{group}.{key}={typed_value(value)}" for key, value in node.items())]
