"""Texts that every Python has: what it says of its language, and of its own modules."""

import ast
import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pandas as pd

from epochwise.data.texts.read_texts import NAME

#: Packages of the standard library with more than a hundred docstrings each. Not tkinter, which Debian ships apart.
PACKAGES = ("asyncio", "email", "http", "importlib", "logging", "multiprocessing", "unittest")
#: Of the standard library what is not read: tests, what Debian ships apart, and what later versions no longer have.
LEFT_OUT = {"test", "tests", "site-packages", "dist-packages", "idlelib", "lib2to3", "distutils", "ensurepip"}
LEFT_OUT |= {"tkinter", "turtledemo"}
LEAST_WORDS = 4


@cache
def python_topics() -> pd.DataFrame:
    """The topics of Python's ``help()``, parts of its language reference: some 80 texts, 465,000 characters on 3.11.

    Returns:
        ``text``, and the topic in the column ``NAME``.
    """
    from pydoc_data.topics import topics

    names = sorted(topics)
    return pd.DataFrame({"text": [topics[name] for name in names], NAME: names})


@cache
def docstrings() -> pd.DataFrame:
    """Docstrings of functions, methods and classes of the standard library; the class is the package.

    Sources are read, not imported, so that one version of Python gives the same on every machine: 1,566 of them on
    3.11. Those that stand in several places are left out, as are those of fewer than four words.

    Returns:
        ``text``, ``label`` (one of ``PACKAGES``), ``module``, and the definition in the column ``NAME``.
    """
    return _described([path for package in PACKAGES for path in _sources(package)])


@cache
def library() -> pd.DataFrame:
    """Docstrings of all other packages and modules of the standard library, to learn its language from, unlabelled.

    Returns:
        As ``docstrings`` gives them: some 4,000, 135,000 words; none of a package that is to be told there.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    others = sorted(path.name for path in folder.iterdir() if path.name not in {*PACKAGES, *LEFT_OUT})
    found = _described([path for name in others for path in _sources(name)])
    return found[~found["text"].isin(docstrings()["text"])].reset_index(drop=True)


def _sources(name: str) -> list[Path]:
    """The files of a package of the standard library, or of a module."""
    folder = Path(sysconfig.get_path("stdlib"))
    paths = [folder / name] if name.endswith(".py") else sorted((folder / name).rglob("*.py"))
    return [path for path in paths if not LEFT_OUT & set(path.relative_to(folder).parts)]


def _described(paths: list[Path]) -> pd.DataFrame:
    folder = Path(sysconfig.get_path("stdlib"))
    rows = []
    for path in paths:
        parts = path.relative_to(folder).with_suffix("").parts
        module = ".".join(part for part in parts if part != "__init__")
        tree = ast.parse(path.read_bytes())
        rows += [(text, parts[0], module, f"{module}.{name}") for text, name in _docstrings(tree)]
    frame = pd.DataFrame(rows, columns=["text", "label", "module", NAME])
    frame = frame[[len(text.split()) >= LEAST_WORDS for text in frame["text"]]]
    return frame.drop_duplicates("text", keep=False).reset_index(drop=True)


def _docstrings(tree: ast.AST, above: str = "") -> list[tuple[str, str]]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            name = f"{above}{node.name}"
            if text := ast.get_docstring(node):
                found.append((text.strip(), name))
            found += _docstrings(node, f"{name}.")
        elif isinstance(node, (ast.If, ast.Try)):
            found += _docstrings(node, above)
    return found


SHIPPED: dict[str, Callable[[], pd.DataFrame]] = {
    "docstrings": docstrings,
    "library": library,
    "python_topics": python_topics,
}
