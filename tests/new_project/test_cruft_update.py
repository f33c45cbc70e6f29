import json

import pytest


@pytest.fixture
def living(template, call, tmp_path):
    """A clone of the template that goes on, and a project that cruft made of it, committed by its owner."""
    source, project = tmp_path / "template", tmp_path / "zoo"
    assert call("git", "clone", "-q", template, source).returncode == 0
    answers = json.dumps({"project_name": "Zoo", "project_slug": "zoo", "package_name": "zoo"})
    done = call("cruft", "create", source, "-y", "--extra-context", answers, "--output-dir", tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (project / ".git").exists()
    call("git", "init", "-q", cwd=project)
    commit(call, project, "Start")
    return source, project


def commit(call, folder, message):
    call("git", "add", "-A", cwd=folder)
    done = call("git", "commit", "-q", "-m", message, cwd=folder)
    assert done.returncode == 0, done.stdout


def change(path, before, after):
    text = path.read_text()
    assert text.count(before) == 1
    path.write_text(text.replace(before, after))


def update(call, project):
    done = call("cruft", "update", "-y", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.long
def test_three_versions_of_the_template_merge_into_an_edited_project(living, call):
    source, project = living
    # What its owner makes of it: a setting, a line of code, a file, one file less, other words in README.md.
    change(project / "src/zoo/conf/model/mlp.yaml", "dropout: 0.3", "dropout: 0.1")
    change(project / "src/zoo/data/digits.py", "load_digits()", "load_digits(n_class=10)")
    (project / "src/zoo/data/beetles.py").write_text('"""Mine."""\n')
    (project / "src/zoo/conf/experiment/diabetes.yaml").unlink()
    change(project / "README.md", "## Two commands", "## How to start")
    commit(call, project, "Edit")

    # The first: a line of the file whose other line was edited, and a new file.
    change(source / "src/epochwise/data/digits.py", '"""scikit-learn\'s handwritten digits."""', '"""Digits."""')
    (source / "src/epochwise/data/moons.py").write_text('"""Of epochwise."""\n')
    commit(call, source, "Two")
    update(call, project)
    text = (project / "src/zoo/data/digits.py").read_text()
    assert text.startswith('"""Digits."""\n')
    assert "load_digits(n_class=10)" in text
    assert (project / "src/zoo/data/moons.py").read_text() == '"""Of zoo."""\n'
    commit(call, project, "Update")

    # The second: the file that was removed, one that nobody touched, and one that goes.
    change(source / "src/epochwise/conf/experiment/diabetes.yaml", "kind: number", "kind: class")
    change(source / "src/epochwise/conf/trainer/cpu.yaml", "max_epochs: 30", "max_epochs: 31")
    (source / "src/epochwise/conf/loggers/wandb.yaml").unlink()
    commit(call, source, "Three")
    update(call, project)
    assert not (project / "src/zoo/conf/experiment/diabetes.yaml").exists()
    assert "max_epochs: 31" in (project / "src/zoo/conf/trainer/cpu.yaml").read_text()
    assert not (project / "src/zoo/conf/loggers/wandb.yaml").exists()
    commit(call, project, "Update")

    # The third: the very line that was edited. That one is left to its owner, marked, and nothing else is.
    change(source / "src/epochwise/conf/model/mlp.yaml", "dropout: 0.3", "dropout: 0.5")
    change(source / "src/epochwise/conf/optimizer/adamw.yaml", "lr: ", "lr:  ")
    commit(call, source, "Four")
    said = update(call, project)
    unmerged = call("git", "diff", "--name-only", "--diff-filter=U", cwd=project).stdout.split()
    assert unmerged == ["src/zoo/conf/model/mlp.yaml"], said
    text = (project / "src/zoo/conf/model/mlp.yaml").read_text()
    assert text.index("<<<<<<<") < text.index("dropout: 0.1") < text.index("dropout: 0.5") < text.index(">>>>>>>")
    assert "lr:  " in (project / "src/zoo/conf/optimizer/adamw.yaml").read_text()

    # All through, what is the owner's own is as it was.
    assert (project / "src/zoo/data/beetles.py").read_text() == '"""Mine."""\n'
    assert "## How to start" in (project / "README.md").read_text()
    assert call("git", "grep", "-il", "epochwise", "--", ":!.cruft.json", cwd=project).stdout == "README.md\n"
    assert call("cruft", "check", cwd=project).returncode == 0
