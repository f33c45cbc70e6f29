"""Ask runs and tables how many epochs: the verdict, the count for next time, early stopping replayed.

    epochwise report outputs/mnist     # a run folder; report.html and curves.png go into it
    epochwise report RUN RUN           # several runs, or folders of them, overlaid
    epochwise report results.csv       # the log of any tool, or a table made by hand; docs/any-log.md names them
    epochwise report log.csv monitor=val_acc mode=max output=FOLDER
    epochwise report RUN replay.patience=1,2,3,5,8   # early stopping, replayed

monitor=NAME         the score that decides; else the run's own, else the one its tool goes by, else val/loss
mode=min|max         whether a smaller or a larger score is better; else what is known of the score
more_epochs=N        how far to look ahead; else half as many epochs as there are
steps_per_epoch=N    of logs that count steps alone: images / batch size
output=FOLDER        where the report goes; else into the run's folder, or NAME.epochwise beside another tool's file
trust=NAME           a class or package that the folder of a run names, and that you know
json=true            print the answers as one JSON document, and write nothing unless output= is given
replay.patience=N,N  epochs without improvement, of early stopping replayed; so min_delta, start_epoch, min_epochs
"""

from typing import Any

from epochwise.input_error import InputError

#: What ``report.yaml`` of the engine says, without what Hydra reads of it.
DEFAULTS: dict[str, Any] = {
    "runs": [],
    "monitor": None,
    "mode": None,
    "more_epochs": None,
    "steps_per_epoch": None,
    "output": None,
    "json": False,
    "trust": None,
    "replay": {"_target_": "epochwise.epochs.analysis.ReplayTable"},
}
#: Whose values are text, whatever they look like.
TEXTS = ("monitor", "mode", "output", "trust", "replay.monitor", "replay.mode")


def main(words: list[str]) -> None:
    """Write and print the report of what is named.

    Args:
        words: behind ``epochwise report``.

    Raises:
        InputError: a line for each word that cannot be used, or what ``commands.report`` refuses.
    """
    from epochwise.command_line.front_door import closed_pipe

    with closed_pipe():
        if {"-h", "--help"} & set(words):
            print(str(__doc__).strip())
            return
        from omegaconf import OmegaConf

        from epochwise.config.check import check
        from epochwise.run.end_signals import interruptible
        from epochwise.trust.project import called

        with called(None, words), interruptible(first_process=True):
            config = OmegaConf.create(settings_of(words))
            check(config, "report")
            from epochwise.commands.report import report

            report(config)


def settings_of(words: list[str]) -> dict[str, Any]:
    """``DEFAULTS`` with what was typed; names and values are checked later."""
    import yaml

    from epochwise.command_line.arguments import report_words

    if faults := [_flag_fault(word) for word in words if word.startswith("-")]:
        raise InputError(*faults)
    settings = DEFAULTS | {"replay": dict(DEFAULTS["replay"])}
    for word in report_words(words):
        key, sign, text = word.partition("=")
        if not sign:
            raise InputError(f"{word}: allowed: a path, or a setting as KEY=VALUE")
        try:
            value = text if key in TEXTS else yaml.safe_load(text)
        except yaml.YAMLError:
            raise InputError(f"{key}: got {text!r}, which is no value") from None
        node, _, name = key.rpartition(".")
        if node not in ("", "replay"):
            raise InputError(f"{key}: unknown key; allowed: {', '.join([*DEFAULTS, 'replay.patience'])}")
        (settings["replay"] if node else settings)[name] = value
    return settings


def _flag_fault(flag: str) -> str:
    name, sign, value = flag.lstrip("-").replace("-", "_").partition("=")
    if name in DEFAULTS:
        return f"{flag}: here {name}={value if sign else '...'}"
    return f"{flag}: no such flag; allowed: --help, and settings as KEY=VALUE"
