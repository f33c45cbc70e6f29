import ast
import sys
from itertools import chain
from pathlib import Path

import pytest

from new_project.names import IMPORTED, MOST_LETTERS, TAKEN, fault
from new_project.tracked_files import tracked_files

PROJECT = Path(__file__).parents[2]
BAD = ["torch", "class", "2fast", "", "a/b", "json"]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_name_is_one_line_and_leaves_nothing_behind(template, generate, tmp_path, name):
    done = generate(template, tmp_path, project_name=name)
    said = done.stdout + done.stderr
    assert (done.returncode, len(said.splitlines())) == (1, 1)
    assert repr(name) in said
    assert "allowed: " in said
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("project_slug", "My Project", "of a-z, 0-9, - _ ."),
        ("project_slug", "..", "the first and the last"),
        ("package_name", "leaf-counter", "a Python package is named so"),
        ("package_name", "match", "no word of Python's grammar"),
        ("package_name", "tests", "has a folder or script of this one"),
        ("package_name", "a" * (MOST_LETTERS + 1), "at most 24 letters; this has 25"),
        ("project_name", "Bob's", "letters, digits, spaces"),
        ("project_name", "a$(b)", "letters, digits, spaces"),
        ("description", "two\nlines", "one line of text"),
        ("author_name", "Ann <ann@example.org>", "without < and >"),
        ("author_email", "ann", "an address"),
        ("task", "regression", "any with examples='start empty'"),
    ],
)
def test_what_is_wrong_with_an_answer_is_said(key, value, said):
    line = fault(key, value)
    assert line.startswith(f"{key}: got {value!r}, allowed: ")
    assert said in line


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("project_name", "Über Wald 2.0"),
        ("project_slug", "leaf-counter"),
        ("package_name", "a" * MOST_LETTERS),
        ("description", 'Says "how many", \\ and $HOME'),
        ("author_name", "Łukasz O'Hara, Jr."),
        ("author_email", "ann.o+x@uni.example.org"),
    ],
)
def test_what_is_fine_is_left_alone(key, value):
    assert fault(key, value) is None


def test_every_library_that_the_project_imports_is_refused_as_a_name():
    found = set()
    for path in chain(*(PROJECT.joinpath(folder).rglob("*.py") for folder in ("src", "tests", "benchmarks"))):
        if path.parent.name == "writers":
            continue  # each runs in an environment of its own, and in no project
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    own = {"epochwise", "my_project", *TAKEN} | {
        path.stem for path in chain(PROJECT.glob("tests/**/*.py"), PROJECT.glob("*/*.py"))
    }
    assert found - set(sys.stdlib_module_names) - own - set(IMPORTED) == set()


def test_every_folder_and_script_at_the_top_is_refused_as_a_name():
    tops = {Path(path.parts[0]) for path in tracked_files(PROJECT)}  # not what `make docs` and others leave there
    names = {path.stem for path in tops if path.stem.isidentifier() and path.suffix in ("", ".py")}
    names = {name for name in names if name.islower()}
    assert names - set(TAKEN) == set()
