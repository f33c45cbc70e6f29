"""What people type who come from elsewhere, and what does it here: ``habits.txt``, read.

Nothing is composed or imported for it, so a habit is answered as fast as a typo.
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from epochwise.config.typed_word import typed_word

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

    def sends_to(self, front_door: str) -> bool:
        """Whether it says to type the same key for the front door at which it was typed."""
        return self.here.startswith(f"python {front_door}.py {self.key}=")

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
    fitting = [row for row in _of(front_door) if row.value(text) is not None and not row.sends_to(front_door)]
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
