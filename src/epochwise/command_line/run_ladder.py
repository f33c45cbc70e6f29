"""What the command line of epochs.py becomes where it names a run: that run's settings, for a ladder."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf

from epochwise.command_line.composer import ENGINE_CONF, Composer, engine_conf
from epochwise.command_line.continued_run import named_run, run_word, trusted_run, typed_value
from epochwise.command_line.override_text import parse_arguments, quoted_value
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError
from epochwise.rules.schedule import is_constant
from epochwise.trust.run_config import leave_search

#: What hydra/ladder.yaml of the engine says, for a root config beside which there are no files to choose.
OF_HYDRA = (
    "hydra.mode=MULTIRUN",
    "hydra/job_logging=none",
    "hydra/hydra_logging=none",
    "hydra.output_subdir=null",
    "+hydra.callbacks.made_folders._target_=epochwise.run.made_folders.MadeFolders",
    "+hydra.callbacks.sweep_start._target_=epochwise.sweep.sweep_start.SweepStart",
    "hydra/sweeper=ladder",
)
LAUNCHER = "hydra/launcher=worker"
OWN_KEYS = sorted(SCHEMAS["epochs"].scalars.keys() - SCHEMAS["train"].scalars.keys())


def ladder_of_run(words: list[str], conf: Path) -> list[str]:
    """Turn ``run=FOLDER`` into the run's own config as the root config, with what ``epochs.yaml`` has beside it.

    Where its schedule has no steady rate that ends in a cool-down, it gets that of ``epochs.yaml``, without a warm-up
    where its own rate stayed from the first step on; its own early stopping goes.

    Args:
        words: of the command line, without the program.
        conf: the project's folder of configs.

    Returns:
        The words for Hydra; the same where no run is named.

    Raises:
        InputError: no such run, a config that cannot be trusted, or a choice of a file, of which it has none.
    """
    named = run_word(words)
    if named is None:
        return words
    folder = named_run(named)[0].absolute()
    plain = trusted_run(folder, words, conf)
    rest = [word for word in words if not word.startswith(("run=", "trust="))]
    read = parse_arguments(rest)
    typed = read.overrides
    if read.config_dir:
        raise InputError(
            "--config-dir: not with run=FOLDER, whose config has all of its settings; trust=NAME trusts a class"
        )
    own = {word.lstrip("+").partition("=")[0]: word.partition("=")[2] for word in typed}
    own["run"] = typed_value(str(folder))
    if chosen := [word for word in typed if word.lstrip("+~").partition("=")[0] in plain and _is_node(word, plain)]:
        raise InputError(*(f"{word}: the settings are those of the run; set values by KEY=VALUE" for word in chosen))
    with engine_conf():
        defaults: Any = Composer(str(conf), "epochs").compose([])
    ladder: dict[str, Any] = {key: OmegaConf.to_container(defaults, resolve=False)[key] for key in OWN_KEYS}  # type: ignore[call-overload, index]
    # As one's own file would have it: what is typed is one folder, in which nothing is looked for.
    where = [] if any(key == "hydra.sweep.dir" for key in own) else [f"++hydra.sweep.dir={_sweep_dir(defaults)}"]
    return [
        f"--config-path={folder}",
        f"--config-dir={ENGINE_CONF}",  # of the sweeper's file
        "--config-name=config",
        *(word for word in rest if word not in typed),
        *OF_HYDRA,
        *([] if any(word.startswith("hydra/launcher=") for word in typed) else [LAUNCHER]),
        *where,
        "+run_folder='${hydra:runtime.output_dir}'",
        *(f"+{key}={own.get(key) or typed_value(ladder[key])}" for key in OWN_KEYS),
        *(f"++{key}={own.get(key, value)}" for key, value in (("resume", "true"), ("trainer.limit_test_batches", "0"))),
        *(["~changes"] if "changes" in plain else []),
        *_order(plain),
        *_schedule(plain, defaults),
        *_stopping(plain, defaults),
        *leave_search(plain),
        *(word for word in typed if word.lstrip("+").partition("=")[0] not in (*OWN_KEYS, "resume")),
    ]


def _is_node(word: str, plain: dict[str, Any]) -> bool:
    return isinstance(plain[word.lstrip("+~").partition("=")[0]], dict)


def _sweep_dir(defaults: Any) -> str:
    return quoted_value(str(OmegaConf.to_container(defaults.hydra.sweep, resolve=False)["dir"]))  # type: ignore[call-overload, index]


def _order(plain: dict[str, Any]) -> list[str]:
    """Let the order of samples follow the seed of each run, where it did in this one: its config has values alone."""
    seed = plain["data"].get("order_seed")
    return ["data.order_seed=${seed}"] if seed is not None and seed == plain.get("seed") else []


def _schedule(plain: dict[str, Any], defaults: Any) -> list[str]:
    if "cooldown_fraction" in plain["scheduler"]:
        return ["scheduler.max_epochs=${trainer.max_epochs}"]
    words = _in_place_of("scheduler", plain, defaults)
    return [*words, "scheduler.warmup_epochs=0.0"] if is_constant(plain["scheduler"]) else words


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
