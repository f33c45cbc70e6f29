"""What a search leaves: tables, pictures, and the best trial as an experiment."""

import shlex
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import optuna
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from omegaconf import DictConfig, ListConfig, OmegaConf
from optuna.trial import TrialState
from optuna.visualization import matplotlib as draw
from rich.markup import escape
from rich.table import Table

from epochwise.report.terminal import shown
from epochwise.run.run_folder import whole_file

GROUPS = ("data", "model", "task", "optimizer", "scheduler", "stopping", "trainer", "finetune", "callbacks", "loggers")


def experiment_file(
    overrides: Sequence[str],
    title: str,
    command: str,
    config: DictConfig | None = None,
    is_group: Callable[[str], object] = GROUPS.__contains__,
) -> tuple[str, str]:
    """Write settings as an experiment file.

    Args:
        overrides: as they would be typed. What a file cannot say (``~``, files that are added, other experiments, and
            the settings of what they change, which would come before them) stays in the command.
        title: what they are.
        command: that runs the file, without ``experiment=``.
        config: that the overrides make: an entry of a list is written with its whole list.
        is_group: whether files are chosen by a key.

    Returns:
        The text of the file, ``best.yaml``, and the whole command.
    """
    defaults, values, rest, experiments = [], {}, [], ["best"]  # type: ignore[var-annotated]
    parsed = OverridesParser.create().parse_overrides(list(overrides))
    typed = {_root(override) for override in parsed if _typed_alone(override, is_group)}
    for text, override in zip(overrides, parsed, strict=True):
        key = override.key_or_group
        if key == "experiment" and not override.is_delete():
            named = override.value()
            experiments = [*(named if isinstance(named, list) else [named]), "best"]
        elif _typed_alone(override, is_group) or (not is_group(key) and _root(override) in typed):
            rest.append(text)
        elif is_group(key):
            defaults.append({f"override /{key}": override.value()})
        else:
            path = key.split(".")
            value = override.value()  # as Hydra reads it: to YAML, 1e-5 is no number
            _set(values, *(_whole_list(config, path) or (path, value)))
    chosen = experiments[0] if len(experiments) == 1 else f"[{','.join(experiments)}]"
    whole = " ".join([command, *map(shlex.quote, [f"experiment={chosen}", *rest])])
    body = ({"defaults": defaults} if defaults else {}) | values
    text = yaml.safe_dump(body, sort_keys=False) if body else "{}\n"
    return f"# @package _global_\n# {title}\n#   {whole}\n{text}", whole


def _typed_alone(override: Override, is_group: Callable[[str], object]) -> bool:
    """Whether a file cannot say it."""
    key = override.key_or_group
    added = is_group(key) and (override.is_add() or override.is_force_add())
    return bool(added or override.is_delete() or override.package or "/" in key)


def _root(override: Override) -> str:
    return str(override.key_or_group).partition(".")[0]


def _whole_list(config: DictConfig | None, path: list[str]) -> tuple[list[str], Any] | None:
    """The list on the way to a key, and its path; None where there is none."""
    node: Any = config
    for depth, part in enumerate(path):
        if isinstance(node, ListConfig):
            return path[:depth], OmegaConf.to_container(node, resolve=False)
        node = node._get_node(part) if isinstance(node, DictConfig) and part in node else None
    return None


def _set(values: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        values = values.setdefault(part, {})
    values[path[-1]] = value


matplotlib.use("Agg")  # no window, whatever the machine has

MOST_ROWS = 10  # of the table in the terminal


@dataclass(frozen=True)
class Best:
    """The best trial of a study, and what was made of it."""

    number: int
    score: float
    drawn: list[str]
    command: str
    pictures: list[Path] = field(default_factory=list)


def write_study(
    study: optuna.Study,
    folder: Path,
    fixed: list[str],
    monitor: str,
    compose: Callable[[Sequence[str]], DictConfig],
    is_group: Callable[[str], object],
) -> Best | None:
    """Write ``trials.csv``, ``history.png``, ``importance.png`` and ``experiment/best.yaml``.

    Args:
        study: with its trials.
        folder: of the study.
        fixed: overrides that all trials share.
        monitor: the score.
        compose: makes a config of overrides.
        is_group: whether files are chosen by a key.

    Returns:
        The best trial; None where none came to its end, and then there is no experiment.
    """
    with whole_file(folder / "trials.csv") as file:
        _frame(study).to_csv(file, index=False)
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if not ended:
        return None
    best = study.best_trial
    drawn = list(best.user_attrs["overrides"])
    text, rest = experiment_file(
        [*fixed, *drawn],
        f"The best of {len(study.trials)} trials: {monitor} {best.value:.4f} (trial {best.number})",
        f"python train.py --config-dir={shlex.quote(shown(folder))}",
        compose([*fixed, *drawn]),
        is_group,
    )
    (folder / "experiment").mkdir(exist_ok=True)
    with whole_file(folder / "experiment" / "best.yaml") as file:
        file.write(text)
    return Best(best.number, float(best.value or 0.0), drawn, rest, _pictures(study, folder, len(ended)))


def study_table(study: optuna.Study, monitor: str) -> Table:
    """The best trials for the terminal."""
    ended = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    sign = 1.0 if study.direction.name == "MINIMIZE" else -1.0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("trial", monitor, "settings"):
        table.add_column(name, justify="left" if name == "settings" else "right", no_wrap=name != "settings")
    for trial in sorted(ended, key=lambda trial: sign * float(trial.value or 0.0))[:MOST_ROWS]:
        settings = "  ".join(f"{key}={_short(value)}" for key, value in trial.params.items())
        table.add_row(str(trial.number), f"{trial.value:.4f}", escape(settings))
    return table


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _frame(study: optuna.Study):  # type: ignore[no-untyped-def]  # optuna gives a pandas frame, without a type
    frame = study.trials_dataframe(attrs=("number", "state", "value", "duration", "params", "user_attrs"))
    return frame.rename(columns=lambda name: name.removeprefix("params_").removeprefix("user_attrs_"))


def _pictures(study: optuna.Study, folder: Path, num_ended: int) -> list[Path]:
    """Of a few trials there is nothing to see; where the trials have no setting in common, no importance."""
    written = []
    makers: dict[str, Any] = {"history": draw.plot_optimization_history, "importance": draw.plot_param_importances}
    for name, maker in makers.items() if num_ended > 1 else ():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental, and of fonts
            try:
                axes = maker(study)
            except (ValueError, RuntimeError):
                continue
            path = folder / f"{name}.png"
            with whole_file(path, "wb") as file:
                axes.figure.savefig(file, dpi=120, bbox_inches="tight")
            plt.close(axes.figure)
        written.append(path)
    return written
