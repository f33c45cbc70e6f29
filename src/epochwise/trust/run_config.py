"""The config of a run, as it may come from a stranger."""

import re
import shlex
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any

import yaml

from epochwise.input_error import InputError
from epochwise.run.run_config import with_moved_classes
from epochwise.trust.names import Trust
from epochwise.trust.project import command_line, project_trust

#: Nodes whose objects write files, and packages of such objects wherever they are named.
WRITERS = ("callbacks", "finetune", "loggers", "stopping", "trainer")
WRITING = (
    "epochwise.callbacks.",
    "epochwise.finetune.",
    "epochwise.loggers.",
    "epochwise.stopping.",
    "lightning.",
)
#: Settings of theirs that say where.
PLACE = re.compile(r"dir|path|folder|root|file$|uri|url|host|address|prefix|location")
FOLDER = "${run_folder}"
#: Root keys that no run writes.
OF_THE_PROJECT = ("hydra", "defaults", "run_folder", "trust")
#: The database of a trial's search. ``run=FOLDER`` leaves the search alone, and goes on without.
OF_A_SEARCH = "callbacks.pruning.storage"
MOST_BYTES, MOST_LEVELS = 1_000_000, 20


def read_trusted_config(
    run_folder: Path,
    trust: Trust | None = None,
    replaced: Collection[str] = (),
    nodes: Collection[str] | None = None,
) -> dict[str, Any]:
    """Read ``config.yaml`` of a run folder as plain data, and refuse what a run would not have written.

    Args:
        run_folder: of one's own, or a stranger's.
        trust: what ``_target_`` may name beside ``TRUSTED``, because this project or this command line does.
        replaced: dotted keys that the command line gives another value.
        nodes: root keys of which something is made; all where this is ``None``.

    Returns:
        Its keys and values; ``${run_folder}`` stays as it is.

    Raises:
        InputError: a line for each fault: no such file, no mapping, a ``_target_`` that nothing else vouches for, a
            node for Hydra itself, a list of what is to be trusted, an interpolation, a path outside the run folder
            where something is written, or a link that leads there.
    """
    file = run_folder / "config.yaml"
    if not file.is_file():  # nor a pipe, which would be read for ever
        raise InputError(f"run: {file} is missing; allowed: the folder of a run")
    try:
        text = file.read_text(encoding="utf-8") if file.stat().st_size <= MOST_BYTES else ""
        plain = yaml.load(with_moved_classes(text), _NoReferences)
    except Exception as error:  # tags that do not fit their values fail in any way
        reason = " ".join(str(error).split()) or type(error).__name__
        if isinstance(error, (yaml.YAMLError, UnicodeDecodeError)):
            raise InputError(f"run: {file} is damaged or cut short: {reason}") from None
        raise InputError(f"run: {file} cannot be read: {reason}") from None
    if not isinstance(plain, dict):
        cut = "holds no settings: it is damaged or cut short"
        reason = cut if text or not file.stat().st_size else "is too large for a run's config"
        raise InputError(f"run: {file} {reason}")
    faults = [f"{key}: not for a run's config to set" for key in OF_THE_PROJECT if key in plain]
    if re.search(r"^\s*#\s*@", text, re.MULTILINE):
        faults.append("# @...: not for a run's config to say")  # Hydra reads such a comment
    read = {key: value for key, value in plain.items() if nodes is None or key in nodes}
    faults += [line for key, line in config_faults(read, trust or Trust(), run_folder).items() if key not in replaced]
    faults += [f"{link.name}: leads out of the run folder" for link in _links(run_folder)]
    if faults:
        raise InputError(*(f"{file}: {fault}" for fault in faults))
    return plain


class _NoReferences(yaml.SafeLoader):
    """A run writes none, and a few of them unfold to more than any memory holds."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise ValueError("it has references (&, *)")
        return super().compose_node(parent, index)


def _links(run_folder: Path) -> list[Path]:
    """What is written through that leads elsewhere."""
    inside, here = ("config.yaml", "checkpoints", "predictions", "tensorboard", ".lock"), run_folder.resolve()
    return [link for name in inside if not (link := run_folder / name).resolve().is_relative_to(here)]


def config_faults(plain: dict[str, Any], trust: Trust, run_folder: Path) -> dict[str, str]:
    """What a run folder alone cannot vouch for in its config: dotted key -> line."""
    found: dict[str, str] = {}
    for key, value in plain.items():
        found |= _faults(str(key), value, key in WRITERS, (trust, run_folder))
    return found


def go_on_words(plain: dict[str, Any], run_folder: Path) -> list[str]:
    """Words beside ``run=FOLDER`` that a command line needs, because folder and project do not vouch for all of a run.

    Args:
        plain: its config, as ``config.yaml`` has it.
        run_folder: of the run.

    Returns:
        ``trust=NAME`` for what only the command line of the run has named; ``KEY=VALUE`` for what is written outside
        the run folder. To be quoted.
    """
    faults = config_faults(plain, project_trust(words=()), run_folder)
    values = {key: value for key, value in _leaves_of(plain) if key in faults and key != OF_A_SEARCH}
    names = list(dict.fromkeys(str(value) for key, value in values.items() if key.endswith("._target_")))
    words = [f"trust={names[0] if len(names) == 1 else '[' + ','.join(names) + ']'}"] if names else []
    return words + [f"{key}={value}" for key, value in values.items() if not key.endswith("._target_")]


def go_on_notes(words: Sequence[str]) -> list[str]:
    """What to say of ``go_on_words`` before the first step: what to add to conf, so that none is needed."""
    names = [name for word in words if word.startswith("trust=") for name in word[6:].strip("[]").split(",")]
    notes = []
    if names:
        known = [entry for entry, files in project_trust(words=()).listed.items() if files]
        line = f"trust: [{', '.join([*known, *names])}]"
        notes.append(
            f"{', '.join(names)}: named by this command line alone, so that the run cannot go on or be evaluated by "
            f"run=FOLDER; add to conf/train.yaml: {line}"
        )
    if others := [shlex.quote(word) for word in words if not word.startswith("trust=")]:
        notes.append(f"written outside the run folder: go on by run=FOLDER {' '.join(others)}")
    return notes


def run_words(folder: Path) -> str:
    """``run=FOLDER``, and the words beside it that the run needs, as they are typed.

    Nobody is told to type what a stranger's folder asks for: the words are those that the command line at hand had too.

    Args:
        folder: of the run, as it is to be shown.
    """
    try:
        plain = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
        words = go_on_words(plain, folder) if isinstance(plain, dict) else []
        typed = {word.lstrip("+").partition("=")[0] for word in command_line()}
        if words and config_faults(plain, project_trust(), folder).keys() - typed - {OF_A_SEARCH}:
            words = []
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        words = []  # who reads the run says what is wrong with it
    return " ".join([f"run={shlex.quote(str(folder))}", *map(shlex.quote, words)])


def leave_search(plain: dict[str, Any]) -> list[str]:
    """The word by which a trial goes on without its search; none for other runs.

    Args:
        plain: its config, as ``config.yaml`` has it.
    """
    node = plain.get("callbacks")
    node = node.get("pruning") if isinstance(node, dict) else None
    is_trial = isinstance(node, dict) and isinstance(node.get("storage"), str)
    return [f"{OF_A_SEARCH}=null"] if is_trial else []


def _leaves_of(node: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Dotted key and value of all that is no mapping or list; a key of ``changes`` has dots of its own."""
    if isinstance(node, dict):
        pairs = [(str(name), item) for name, item in node.items()]
    elif isinstance(node, list):
        pairs = [(str(index), item) for index, item in enumerate(node)]
    else:
        yield key, node
        return
    for name, item in pairs:
        yield from _leaves_of(item, f"{key}.{name}" if key else name)


def _faults(key: str, value: Any, writes: bool, vouched: tuple[Trust, Path]) -> dict[str, str]:
    if isinstance(value, dict):
        target = value.get("_target_", "")
        writes = writes or (isinstance(target, str) and target.startswith(WRITING))
        pairs = [(f"{key}.{name}", item) for name, item in value.items()]
        faults = {f"{key}.{name}": f"{key}.{name}: no name of a setting" for name in value if not isinstance(name, str)}
    elif isinstance(value, list):
        pairs, faults = [(f"{key}.{index}", item) for index, item in enumerate(value)], {}
    else:
        line = _text_fault(key, value, writes, vouched) if isinstance(value, str) else _kind_fault(key, value)
        return {key: line} if line else {}
    if key.endswith("._target_"):
        return {key: f"{key}: got {value!r}, allowed: the dotted path of a class or function"}
    if key.count(".") > MOST_LEVELS:
        return {key: f"{key[:60]}...: deeper than a run's config"}
    for name, item in pairs:
        faults |= _faults(name, item, writes, vouched)
    return faults


def _kind_fault(key: str, value: Any) -> str | None:
    plain = value is None or isinstance(value, (bool, int, float))
    return None if plain and not key.endswith("._target_") else f"{key}: got {value!r}; a run's config has plain values"


def _text_fault(key: str, text: str, writes: bool, vouched: tuple[Trust, Path]) -> str | None:
    trust, run_folder = vouched
    if key.endswith("._target_") and not trust.allows(text, run_folder):
        to_do = f"where you know it, add trust={text}, or to conf/train.yaml: trust: [{text}]"
        return f"{key}: {text!r} is not among what a run's config may name; {to_do}"
    inside = text == FOLDER or text.startswith(f"{FOLDER}/")
    if "${" in text.removeprefix(FOLDER if inside else "") or text == "???":
        return f"{key}: {text!r} refers to something; a run's config has plain values"
    up = ".." in PurePath(text).parts
    if (inside and up) or (writes and not inside and (up or _leaves(key, text))):
        return f"{key}: {text!r} leaves the run folder"
    return None


def _leaves(key: str, text: str) -> bool:
    """Whether a text may make something be written elsewhere, when it does not begin with the run folder."""
    if PurePath(text).is_absolute() or text.startswith("~"):
        return True
    if re.match(r"sqlite:///[^/]", text):  # where MLflow keeps all runs: beside their folders
        return False
    names = [part for part in key.split(".") if not part.isdigit()]
    return ":/" in text or "::" in text or (bool(text) and PLACE.search(names[-1]) is not None)
