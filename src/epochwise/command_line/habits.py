"""Words that other tools have taught, and what does the same here."""

import re
import shlex
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from hydra._internal.utils import get_args_parser

from epochwise.config.schema import SCHEMAS


def typed_word(word: str) -> str:
    """Quote a word where a shell would take it apart or read it otherwise; a list in brackets stays as it is."""
    return shlex.quote(word) if not word or re.search(r"[\s'\"\\()$&|;<>*?`!#{}]", word) else word


TABLE = Path(__file__).with_name("habits.txt")
HOLE = re.compile(r"<(.*)>")
CLOSE = 0.8  # of a word that is only like one of the table


@dataclass(frozen=True)
class Habit:
    """One row of the table.

    Args:
        section: where it comes from; the name of a front door's file where it holds for that one alone.
        typed: a word of the command line, with at most one example of a value in ``<>``.
        here: words of this command line, or a whole command, which begins with ``python``; ``<>`` stands for what was
            typed. Empty where there is nothing to type.
        note: more to say, or empty.
    """

    section: str
    typed: str
    here: str
    note: str

    @property
    def example(self) -> str:
        """What is typed, with the example in it."""
        return HOLE.sub(r"\1", self.typed)

    @property
    def example_value(self) -> str:
        """What stands in the ``<>``; empty where the row is of one word alone."""
        found = HOLE.search(self.typed)
        return found[1] if found else ""

    @property
    def key(self) -> str:
        """What stands before the value."""
        return self.example.partition("=")[0]

    def value(self, text: str) -> str | None:
        """What stands in the place of the example; None where the row says nothing of this text."""
        before, _, after = HOLE.sub("<>", self.typed).partition("<>")
        if not _alike(text).startswith(_alike(before)):
            return None
        hole = "(.+)" if "<" in self.typed else "()"
        found = re.fullmatch(f"{_pattern(before)}{hole}{_pattern(after)}", text, re.IGNORECASE | re.DOTALL)
        return found[1] if found else None

    def speaks_of(self, text: str, front_door: str) -> bool:
        """Whether it helps who typed this: of a key that the front door has itself, only a path in another's place."""
        value = self.value(text)
        if value is None or self.here.startswith(f"python {front_door}.py {self.key}="):
            return False
        is_own = "<" in self.typed and self.key in SCHEMAS[front_door].scalars
        return not is_own or ("/" in self.example_value and re.search("[/.]", value) is not None)

    def line(self, text: str, front_door: str) -> str:
        """What is said to somebody who typed this; the value goes with it, so that it can be pasted."""
        value = self.value(text) or ""
        here = " ".join(typed_word(word.replace("<>", value)) for word in self.here.split())
        elsewhere = front_door in ("evaluate", "report") and self.section != f"{front_door}.py"
        of = " of train.py" if here and elsewhere and not here.startswith("python ") else ""
        return f"{text}: " + ", ".join(filter(None, [f"here {here}{of}" if here else "", self.note]))


@cache
def habits() -> tuple[Habit, ...]:
    """All rows, in their order."""
    rows, section = [], ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            typed, here, note = ([cell.strip() for cell in line.split("|")] + ["", ""])[:3]
            rows.append(Habit(section, typed, here, note))
    return tuple(rows)


def habit_line(text: str, front_door: str) -> str | None:
    """Say what does here what somebody typed out of habit.

    Args:
        text: a word of the command line without its ``+``, as it arrived: ``epochs=50``, ``fit``, ``-b=64``.
        front_door: whose command line.

    Returns:
        ``epochs=50: here trainer.max_epochs=50``, or None: the table says nothing of it.
    """
    fitting = [row for row in _of(front_door) if row.speaks_of(text, front_door)]
    # The front door's own rows go first, and of them one of this very value.
    row = min(fitting, key=lambda row: (not row.section.endswith(".py"), "<" in row.typed), default=None)
    return row.line(text, front_door) if row else None


def near_habit_line(text: str, front_door: str, names: list[str]) -> str | None:
    """The same for a word that is like one of the table, such as ``epocs=50``, and not like one of these names."""
    key, sign, value = text.partition("=")
    keys = {_alike(row.key): row.key for row in _of(front_door) if "." not in row.key and "=" in row.typed}
    near = get_close_matches(_alike(key), list(keys), n=1, cutoff=CLOSE)
    if not near or get_close_matches(key, names, n=1, cutoff=CLOSE):
        return None
    return habit_line(f"{keys[near[0]]}{sign}{value}", front_door)


def _of(front_door: str) -> list[Habit]:
    """The rows of a front door, its own ones first."""
    own = [row for row in habits() if row.section == f"{front_door}.py"]
    return own + [row for row in habits() if not row.section.endswith(".py")]


def _alike(text: str) -> str:
    return text.lower().replace("_", "").replace("-", "")


def _pattern(part: str) -> str:
    """``batch_size`` is written ``batch-size`` and ``batchSize`` too."""
    return "".join("[-_]?" if letter == "_" else re.escape(letter) for letter in part)


def flag_lines(words: list[str], front_door: str) -> list[str]:
    """Say of each flag that is not Hydra's what does the same here.

    Args:
        words: of the command line, without the program.
        front_door: whose command line.

    Returns:
        A line a flag; none for those that nobody knows, which Hydra's parser refuses.
    """
    hydras = get_args_parser()._option_string_actions
    lines = []
    for index, word in enumerate(words):
        flag, sign, value = word.partition("=")
        if not re.match(r"--?[A-Za-z]", flag) or flag in hydras:
            continue
        typed, following = word, "".join(words[index + 1 : index + 2])
        if not sign and following and not following.startswith("-") and "=" not in following:
            typed, value = f"{word} {following}", following
        if line := _line(flag, value, front_door):
            lines.append(f"{typed}{line}")
    return lines


def _line(flag: str, value: str, front_door: str) -> str | None:
    """What follows the flag in its line, from the colon on."""
    name = flag.lstrip("-").replace("-", "_")
    key = name if len(name) > 1 else flag  # -b is no b=
    text = f"{key}={value or 'true'}"
    for said in (text, key):
        if line := habit_line(said, front_door):
            return line.removeprefix(said)
    known = SCHEMAS[front_door].keys()
    return f": here {typed_word(text)}" if name.partition(".")[0] in known else None
