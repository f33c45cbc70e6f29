"""A command line that continues a run."""

from pathlib import Path

from epochwise.config.hydra_arguments import parse_arguments
from epochwise.config.trusted_config import read_trusted_config
from epochwise.input_error import InputError


def continue_run(words: list[str]) -> list[str]:
    """Turn ``run=FOLDER`` into the run's own config as the root config, and its folder as the run folder.

    Args:
        words: of the command line, without the program.

    Returns:
        The words for Hydra; the same where no run is named.

    Raises:
        InputError: no such run, a config that cannot be trusted, or a choice of another file: a run keeps its own.
    """
    named = [word.removeprefix("run=") for word in words if word.startswith("run=")]
    if not named:
        return words
    folder = Path(named[-1])
    if not folder.is_dir():
        siblings = [path.name for path in folder.parent.iterdir() if path.is_dir()] if folder.parent.is_dir() else []
        raise InputError(f"run: no folder {folder}{InputError.closest(folder.name, siblings)}")
    folder = folder.absolute()
    plain = read_trusted_config(folder)
    rest = [word for word in words if not word.startswith("run=")]
    faults = [f"{word}: one run is continued at a time" for word in rest if word in ("-m", "--multirun")]
    for word in rest:
        key = word.lstrip("+~").partition("=")[0]
        if isinstance(plain.get(key), dict) or key == "experiment":
            faults.append(f"{word}: a run that is continued keeps its {key}; set values by {key}.KEY=VALUE")
    if any(word.startswith("budget=") for word in rest):
        faults.append("budget: a run that goes on takes trainer.max_epochs=..., or ++trainer.max_time=DD:HH:MM:SS")
    if any(word.startswith("extend=") for word in rest) and not any("trainer.max_epochs=" in word for word in rest):
        faults.append("extend: says what becomes of the schedule with more epochs; set trainer.max_epochs=... too")
    if faults:
        raise InputError(*faults)
    overrides = parse_arguments(rest).overrides
    quoted = str(folder).replace("'", "\\'")
    return [
        f"--config-path={folder}",
        "--config-name=config",
        *(word for word in rest if word not in overrides),  # argparse wants all overrides in one row
        # Runs that were begun before there was such a key lack it.
        *(f"++{word}" if word.startswith("extend=") else word for word in overrides),
        f"+run_folder='{quoted}'",
        "++resume=auto",
        f"hydra.run.dir='{quoted}'",
        "hydra.output_subdir=null",
        "hydra/job_logging=none",
        "hydra/hydra_logging=none",
    ]
