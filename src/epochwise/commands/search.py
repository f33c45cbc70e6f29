"""From a space of settings to the best of them."""

import shlex
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from epochwise.commands.check_jobs import check_data, check_plan
from epochwise.config.schema import SCHEMAS
from epochwise.input_error import InputError
from epochwise.report.document import find_out
from epochwise.report.read_runs import read_runs
from epochwise.report.terminal import is_unsettled, next_time, print_wide, shown, tell
from epochwise.rules.monitor import no_curves
from epochwise.sweep.job import of_one_job
from epochwise.sweep.password import hide_password
from epochwise.trust.run_config import run_words

from hydra_plugins.epochwise.command_sweeper import CommandSweeper

#: Keys of search.yaml that a trial's run has no part in.
OF_THE_SEARCH = (*sorted(set(SCHEMAS["search"].keys()) - set(SCHEMAS["train"].keys())),)


def search(config: DictConfig, overrides: list[str], sweeper: CommandSweeper) -> None:
    """Draw settings, train them, prune, until there are ``n_trials`` of them; then write the best as an experiment.

    Args:
        config: a composed ``conf/search.yaml`` with Hydra's own node.
        overrides: of the command line; those that sweep are searched beside ``space``, those of one value hold.
        sweeper: runs trials.

    Raises:
        InputError: the space is empty, or names no setting or a value that it can't have; the storage cannot be opened,
            the data cannot be used, or Optuna is not installed.
        SystemExit: with code 1, no trial came to an end.
    """
    try:
        from epochwise.sweep.space import Space, check_space
        from epochwise.sweep.trials import Trials, open_study
        from epochwise.sweep.write_study import study_table, write_study
    except ModuleNotFoundError as error:
        extra = "epochwise[search]"
        raise InputError(f"search.py needs the package {error.name!r}: pip install '{extra}'") from error
    if faults := no_curves(config, "search.py"):
        raise InputError(*faults)
    folder = Path(config.hydra.sweep.dir)
    storage = hide_password(config.storage or "") or f"sqlite:///{folder / 'study.db'}"
    parsed = OverridesParser.create(config_loader=sweeper.loader).parse_overrides(overrides)
    swept = {each.get_key_element(): each.get_value_string() for each in parsed if each.is_sweep_override()}
    fixed = [text for text, each in zip(overrides, parsed, strict=True) if not each.is_sweep_override()]
    fixed = of_one_job([text for text in fixed if text.lstrip("+~").split("=")[0].split(".")[0] not in OF_THE_SEARCH])
    typed = {each.key_or_group for each in parsed}  # what is given one value is no longer searched
    written = {str(key): str(value) for key, value in (config.space or {}).items() if key not in typed}
    space = Space(
        written | swept,
        lambda files: sweeper.compose([*fixed, *files]),
        sweeper.options,
        sweeper.loader,
    )
    if any(key.lstrip("+").partition(".")[0] == "data" for key in space.drawn):
        check_space(space)
    else:
        spec = asdict(check_data(sweeper.compose(fixed)).spec)
        check_space(space, lambda each: check_plan(each, spec))
    study = open_study(storage, config.name, config.mode, pruner=instantiate(config.pruner))
    study.set_user_attr("pruner", OmegaConf.to_container(config.pruner, resolve=True))
    prunes = "pruning" in (sweeper.compose(fixed).callbacks or {})
    trials = Trials(study, storage, folder, config.search, config.n_trials, prunes)
    trials.give_up_killed()

    def run(batch: Sequence) -> None:
        jobs = [[*fixed, *drawn, *trials.where(trial)] for trial, drawn in batch]
        sweeper.launch(jobs, batch[0][0].number)

    while batch := trials.ask(space, config.n_jobs):
        trials.run(batch, run)
    done = write_study(study, folder, fixed, config.monitor, sweeper.compose, sweeper.options)
    print()
    print_wide(study_table(study, config.monitor))
    counts = trials.counts()
    lines = {"study": f"{storage}, {config.name!r}: {counts}", "trials": shown(folder / "trials.csv")}
    if done is None:
        tell(lines | {"failed": "no trial came to its end: see the reasons in the table of trials"})
        raise SystemExit(1)
    lines["pictures"] = ", ".join(shown(path) for path in done.pictures) or "none: too few trials"
    lines["best"] = f"trial {done.number}: {config.monitor} {done.score:.4f}; {' '.join(done.drawn)}"
    best = Path(str(study.best_trial.user_attrs.get("folder")))
    if (best / "epochs.csv").exists():  # of another machine's trial it need not be here
        said = find_out(read_runs([best])[0])
        lines["count"] = next_time(said)
        if is_unsettled(said):
            lines["settle it"] = f"python epochs.py {run_words(Path(shown(best)))}"
    lines["train it"] = done.command
    lines["look"] = f"optuna-dashboard {shlex.quote(storage)}"
    tell(lines)
