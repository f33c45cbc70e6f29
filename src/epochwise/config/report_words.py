"""A command line of report.py as Hydra takes it."""

from pathlib import Path

from epochwise.config.quoted_value import quoted_value


def report_words(words: list[str]) -> list[str]:
    """Turn paths into ``runs=[...]`` and ``replay.patience=1,2,3`` into a list: nothing is swept here.

    Args:
        words: of the command line, without the program. A path is what has no ``=``, or is there.

    Returns:
        The words for Hydra.
    """
    paths = [word for word in words if _is_path(word)]
    others = [_as_list(word) for word in words if word not in paths]
    if not paths:
        return others
    return [*others, f"runs=[{','.join(map(quoted_value, paths))}]"]


def _is_path(word: str) -> bool:
    if word.startswith(("-", "~", "+")):
        return False
    return "=" not in word or Path(word).exists()


def _as_list(word: str) -> str:
    key, sign, value = word.partition("=")
    lists = ("replay.patience", "replay.min_delta", "replay.start_epoch", "replay.min_epochs", "runs")
    return f"{key}=[{value}]" if sign and key in lists and not value.startswith("[") else word
