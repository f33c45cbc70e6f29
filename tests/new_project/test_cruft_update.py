"""Three versions of the template, and projects whose owners edit what is theirs."""

import json
import sys

import pytest

UPDATE = (sys.executable, "-m", "epochwise.console.main", "update")


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


def new_version(source, number):
    """Change each kind of file that is not the owner's, beside a new one and one that goes."""
    engine = source / "src/epochwise"
    change(engine / "__init__.py", f'"0.1.{number - 1}"', f'"0.1.{number}"')
    for name in ("model/mlp.py", "conf/model/mlp.yaml", "conf/optimizer/adamw.yaml", "requirements.txt"):
        with (engine / name).open("a") as file:
            file.write(f"# version {number}\n")
    (engine / f"new_{number}.py").write_text(f'"""Came with version {number}."""\n')
    (engine / f"new_{number - 1}.py").unlink(missing_ok=True)
    for name in ("train.py", "new_project/project/Makefile", "new_project/project/.github/workflows/test.yml"):
        with (source / name).open("a") as file:
            file.write(f"# version {number}\n")
    for name in ("constraints.txt", "src/hydra_plugins/epochwise/command_sweeper.py"):
        with (source / name).open("a") as file:
            file.write(f"# version {number}\n")


def edit(project, number):
    """What an owner does between two updates: parts, conf and README, each file that came with the project."""
    for path in (*project.glob("conf/*/*.yaml"), *project.glob("src/zoo/*/*.py"), *project.glob("tests/*.py")):
        path.write_text(f"{path.read_text()}# mine {number}\n")
    (project / f"src/zoo/model/net_{number}.py").write_text('"""Mine."""\n')
    (project / f"conf/model/net_{number}.yaml").write_text("_target_: torch.nn.Flatten\n")
    text = (project / "conf/train.yaml").read_text()
    (project / "conf/train.yaml").write_text(
        text.replace(f"seed: {number - 1} ", f"seed: {number} ") + f"trainer:\n  max_epochs: {number}\n" * (number == 1)
    )
    assert f"seed: {number} " in (project / "conf/train.yaml").read_text()
    (project / "README.md").write_text(f"{(project / 'README.md').read_text()}\nMine {number}.\n")
    (project / "requirements.txt").write_text(f"{(project / 'requirements.txt').read_text()}# mine {number}\n")


@pytest.mark.long
def test_three_versions_of_a_copied_engine_come_without_a_conflict(living, call):
    source, project = living
    for number in (1, 2, 3):
        edit(project, number)
        commit(call, project, f"Mine {number}")
        new_version(source, number)
        commit(call, source, f"Version {number}")
        done = call(*UPDATE, cwd=project, PYTHONPATH=str(project / "src"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert call("git", "diff", "--name-only", "--diff-filter=U", cwd=project).stdout == ""
        assert not list(project.rglob("*.rej"))
        commit(call, project, f"Update {number}")
        engine = project / "src/epochwise"
        assert f'"0.1.{number}"' in (engine / "__init__.py").read_text()
        for folder in ("epochwise", "hydra_plugins"):
            for path in (source / "src" / folder).rglob("*.py"):
                assert (project / path.relative_to(source)).read_bytes() == path.read_bytes()
        assert (engine / f"new_{number}.py").exists()
        assert not (engine / f"new_{number - 1}.py").exists()
        for name in ("train.py", "Makefile", ".github/workflows/test.yml", "src/epochwise/constraints.txt"):
            assert f"# version {number}\n" in (project / name).read_text()
    # All through, what is the owner's own is as it was left.
    assert (project / "README.md").read_text().endswith("\nMine 1.\n\nMine 2.\n\nMine 3.\n")
    assert "# mine 1\n# mine 2\n# mine 3\n" in (project / "src/zoo/task/confidence_penalty.py").read_text()
    assert "seed: 3 " in (project / "conf/train.yaml").read_text()
    assert call("cruft", "check", cwd=project).returncode == 0


@pytest.mark.long
def test_a_skeleton_that_its_owner_filled_in_stays_as_it_is_left(template, call, tmp_path):
    source, project = tmp_path / "template", tmp_path / "zoo"
    assert call("git", "clone", "-q", template, source).returncode == 0
    answers = {"project_name": "Zoo", "project_slug": "zoo", "package_name": "zoo"}
    answers |= {"examples": "start empty", "task": "segmentation"}
    done = call("cruft", "create", source, "-y", "--extra-context", json.dumps(answers), "--output-dir", tmp_path)
    assert done.returncode == 0, done.stderr
    call("git", "init", "-q", cwd=project)
    skeleton, conf = project / "src/zoo/data/mine.py", project / "conf/data/mine.yaml"
    change(skeleton, "(96, 32, 32)", "(60, 32, 32)")
    change(conf, "batch_size: 16 ", "batch_size: 8 ")
    filled = skeleton.read_text(), conf.read_text()
    commit(call, project, "Fill in")
    new_version(source, 1)
    with (source / "new_project/empty_start/text/conf/data/mine.yaml").open("a") as file:
        file.write("shuffle: true\n")  # of another kind: not this project's
    commit(call, source, "Version 1")
    done = call(*UPDATE, cwd=project, PYTHONPATH=str(project / "src"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert (skeleton.read_text(), conf.read_text()) == filled
    assert not list(project.rglob("*.rej"))
    chosen = (project / "conf/train.yaml").read_text()
    assert "- model: unet\n" in chosen and "- task: segmentation\n" in chosen
    assert '"0.1.1"' in (project / "src/epochwise/__init__.py").read_text()


@pytest.mark.long
def test_a_project_made_before_there_were_kinds_of_tasks_is_updated(living, call):
    source, project = living
    remembered = json.loads((project / ".cruft.json").read_text())
    context = remembered["context"]["cookiecutter"]
    assert context.pop("task") == "classification"
    context.pop("__task")
    (project / ".cruft.json").write_text(json.dumps(remembered))
    commit(call, project, "As it was")
    new_version(source, 1)
    commit(call, source, "Version 1")
    done = call(*UPDATE, cwd=project, PYTHONPATH=str(project / "src"))
    assert done.returncode == 0, done.stdout + done.stderr
    assert '"0.1.1"' in (project / "src/epochwise/__init__.py").read_text()


@pytest.mark.long
def test_a_file_of_the_engine_that_was_edited_is_named_before_it_is_touched(living, call):
    source, project = living
    change(project / "src/epochwise/conf/model/mlp.yaml", "dropout: 0.3", "dropout: 0.1")
    (project / "src/epochwise/model/mine.py").write_text('"""Mine."""\n')
    (project / "src/epochwise/model/cnn.py").unlink()
    commit(call, project, "Edit")
    new_version(source, 1)
    commit(call, source, "Version 1")
    words = {"cwd": project, "PYTHONPATH": str(project / "src")}
    done = call(*UPDATE, **words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[:3] == [
        "src/epochwise/conf/model/mlp.yaml: edited",
        "src/epochwise/model/cnn.py: missing",
        "src/epochwise/model/mine.py: added",
    ]
    assert len(done.stderr.splitlines()) == 4
    assert "--anyway" in done.stderr
    assert call("git", "status", "--short", cwd=project).stdout == ""
    assert call(*UPDATE, "--anyway", **words).returncode == 0
    assert "dropout: 0.1" in (project / "src/epochwise/conf/model/mlp.yaml").read_text()
    assert '"0.1.1"' in (project / "src/epochwise/__init__.py").read_text()
