"""Logs in a folder, whatever tools wrote them."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from epochwise.input_error import InputError
from epochwise.logs.columns import STAGE_OF, words_of

#: What the log of a folder is called, the first that is there: a run is named by its folder then.
KNOWN = (
    "epochs.csv", "metrics.csv", "results.csv", "results.txt", "trainer_state.json", "history.csv", "summary.csv",
    "test_error.tsv", "learn_error.tsv", "loss.tsv", "training_statistics.json", "history.json", "scalars.json",
    "metrics.json", "log.txt", "mlflow.db",
)  # fmt: skip
SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".txt", ".xlsx", ".xlsm", ".parquet", ".db", ".sqlite")
#: Beside logs, and none.
LEFT_OUT = re.compile(
    r"(result|counts|config|args|hparams|params|package|requirements|adapter_config|generation_config|tokenizer.*|vocab"
    r"|special_tokens_map|model\.safetensors\.index|catboost_training|time_left|labels?|classes|added_tokens|readme"
    r"|all_results|train_results|eval_results|test_results|description|meta|.*\.result"
    r"|plan|job|sweep|folds|crossval|trials|study)\.\w+|results\.json|events\.out\.tfevents\.0\.counts",
    re.I,
)
#: What a report writes beside a file of somebody else's.
OF_REPORTS = (".epochwise", "epochwise-report")
CHECKPOINT = re.compile(r"checkpoint-(\d+)")
MOST_LOGS = 2000


def find_logs(path: Path) -> list[Path]:
    """Say where the logs are that a path stands for.

    Args:
        path: a file is its own log. A folder is asked for one that is called as a tool calls it, then for any other,
            then the folders below it, of a run of this project none. Links are not followed.

    Returns:
        In the order of their numbers: job 10 comes after job 9. One file for each training that has several: event
        files of one folder, checkpoints of one training, the metrics of one run of MLflow.

    Raises:
        InputError: nothing is there, or nothing that may be a log.
    """
    if path.is_dir():
        found = list(_below(path))
        if not found:
            raise InputError(
                f"runs: no log in {path} or below it; allowed: {', '.join(KNOWN[:6])} and such, event files"
            )
        return _last_checkpoints(found)
    if not path.exists():
        siblings = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
        raise InputError(f"runs: no file or folder {path}{InputError.closest(path.name, siblings)}")
    return [path]


def is_named_by_folder(path: Path) -> bool:
    """Whether a file is called as its tool calls every one, so that its folder says which it is."""
    return path.name in KNOWN or "tfevents" in path.name or "metrics" in path.parent.parts[-1:]


def _below(folder: Path) -> Iterator[Path]:
    count = 0
    for where, folders, names in os.walk(folder):
        here = Path(where)
        folders[:] = [name for name in sorted(folders, key=_by_numbers) if not _is_left_out(name)]
        own = _here(here, sorted(names, key=_by_numbers))
        # Below a run of this project lie its own curves again, in TensorBoard's form, and predictions.
        if own and (here.name == "metrics" or own[0].name == "epochs.csv" or own[0].name.endswith("_error.tsv")):
            folders.clear()
        for file in own:
            yield file
            count += 1
            if count >= MOST_LOGS:
                raise InputError(f"runs: more than {MOST_LOGS:,} logs below {folder}; allowed: so many at once")


def _here(folder: Path, names: list[str]) -> list[Path]:
    """The logs in one folder."""
    known = [name for name in KNOWN if name in names]
    if known:
        return [folder / known[0]]
    if folder.name == "metrics" and (folder.parent / "meta.yaml").is_file():
        return [folder / names[0]] if names else []
    events = [name for name in names if "tfevents" in name and not LEFT_OUT.fullmatch(name)]
    others = [name for name in names if name.lower().endswith(SUFFIXES) and not LEFT_OUT.fullmatch(name)]
    first = events[:1] if events and _is_first_of_stages(folder) else []
    return [folder / name for name in [*others, *first]]


def _is_first_of_stages(folder: Path) -> bool:
    """Whether event files of no folder before this one belong to the same training: of train and validation, train."""
    stage = [STAGE_OF[word] for word in words_of(folder.name) if word in STAGE_OF]
    rest = [word for word in words_of(folder.name) if word not in STAGE_OF]
    if not stage or stage[0] == "train":
        return True
    siblings = [other for other in folder.parent.iterdir() if other.is_dir() and other != folder]
    its = {other: words_of(other.name) for other in siblings if any(other.glob("*tfevents*"))}
    return not any(
        [word for word in words if word not in STAGE_OF] == rest and "train" in [STAGE_OF.get(word) for word in words]
        for words in its.values()
    )


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder.endswith(OF_REPORTS) or folder in ("__pycache__", "node_modules", "wandb")


def _last_checkpoints(found: list[Path]) -> list[Path]:
    """Of ``checkpoint-500/trainer_state.json`` and its like, each holding the ones before it, the last."""
    last: dict[Path, int] = {}
    for path in found:
        if number := CHECKPOINT.fullmatch(path.parent.name):
            last[path.parent.parent] = max(last.get(path.parent.parent, -1), int(number[1]))
    folders = {path.parent for path in found}

    def is_kept(path: Path) -> bool:
        number = CHECKPOINT.fullmatch(path.parent.name)
        above = path.parent.parent
        return number is None or (int(number[1]) == last[above] and above not in folders)

    return [path for path in found if is_kept(path)]


def _by_numbers(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", name)
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]
