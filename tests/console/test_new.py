import pytest


@pytest.fixture
def new(epochwise, monkeypatch):
    """Type `epochwise new ...` in an empty folder: its exit code, what it prints and complains of, what it asked."""

    def call(*words, answers=()):
        lines = iter(answers)

        def ask(prompt):
            asked.append(prompt)
            try:
                return next(lines)
            except StopIteration:
                raise EOFError from None

        asked = []
        monkeypatch.setattr("builtins.input", ask)
        return *epochwise("new", *words), asked

    return call


def test_a_name_is_all_that_it_takes(new, tmp_path):
    code, out, err, asked = new("Leaf Counter")
    assert (code, err, asked) == (0, "", [])
    assert out == f"{tmp_path}/leaf-counter: next: cd leaf-counter && make train\n"
    assert (tmp_path / "leaf-counter/src/leaf_counter/model/perceptron.py").exists()
    assert (tmp_path / "leaf-counter/src/epochwise/files.sha256").exists()


def test_without_a_word_it_asks_until_an_answer_can_be_used(new, tmp_path):
    answers = [
        "Zoo",
        "",
        "class",
        "zoology",
        "",
        "Ann",
        "ann@example.org",
        "GPL",
        "MIT",
        "start empty",
        "segmentaton",
        "segmentation",
        "installed",
        "0.1.0",
    ]
    code, out, err, asked = new(answers=answers)
    assert (code, err) == (0, "")
    assert "no word of Python's grammar" in out
    assert "license: got 'GPL', allowed: MIT, BSD-3-Clause, Apache-2.0, Proprietary" in out
    assert asked[1] == "Folder and repository [zoo]: "
    assert "did you mean 'segmentation'?" in out
    assert "kind='mask'" in (tmp_path / "zoo/src/zoology/data/mine.py").read_text().replace('"', "'")
    assert '"epochwise==0.1.0"' in (tmp_path / "zoo/pyproject.toml").read_text()


def test_the_kind_of_task_is_asked_for_where_no_examples_are_kept(new):
    for examples, also in (("keep", []), ("start empty", ["task"])):
        answers = ["Zoo", f"zoo-{len(also)}", *[""] * 5, examples, *[""] * (2 + len(also))]
        code, _, err, asked = new(answers=answers)
        assert (code, err, len(asked)) == (0, "", 10 + len(also))
        assert bool(also) == any("segmentation" in prompt for prompt in asked)


def test_to_name_a_kind_of_task_is_to_want_its_skeleton(new, tmp_path):
    assert new("Zoo", "task=language_model")[0] == 0
    chosen = (tmp_path / "zoo/conf/train.yaml").read_text()
    for line in ("- data: mine\n", "- model: transformer\n", "- task: language_model\n"):
        assert line in chosen
    assert not (tmp_path / "zoo/src/zoo/model/perceptron.py").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["Bob's"], 'project_name: got "Bob\'s", allowed: 1 to 50 letters, digits, spaces and - _ . +'),
        (["Zoo", "exampels=keep"], "exampels=keep: allowed: a name, and KEY=VALUE of project_name"),
        (["Zoo", "engine=copy"], "engine: got 'copy', allowed: copied, installed; did you mean 'copied'?"),
        (["Zoo", "task=regresion"], "task: got 'regresion', allowed: classification, regression, multilabel"),
        (["Zoo", "task=text", "examples=keep"], "task: got 'text', allowed: classification; any with examples="),
        (["Zoo", "engine_source=x.whl"], "engine_source: got 'x.whl', allowed: newest, a version"),
        (["Zoo", "--force"], "--force: allowed: a name, and KEY=VALUE"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_makes_nothing(new, tmp_path, words, line):
    code, out, err, _ = new(*words)
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert err.startswith(line)
    assert list(tmp_path.iterdir()) == []


def test_answers_that_end_too_early_are_a_line(new, tmp_path):
    code, _, err, _ = new(answers=["Zoo"])
    assert (code, len(err.splitlines())) == (2, 1)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(new, tmp_path):
    (tmp_path / "zoo").mkdir()
    (tmp_path / "zoo/mine").write_text("mine")
    code, _, err, _ = new("Zoo")
    assert (code, err) == (2, f"{tmp_path}/zoo: is there already; allowed: a new folder, or an empty one\n")
    assert [path.name for path in (tmp_path / "zoo").iterdir()] == ["mine"]
