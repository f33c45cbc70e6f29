import os

import pytest

from epochwise.run import made_folders
from epochwise.run.made_folders import drop_empty, drop_unused


@pytest.fixture
def many(tmp_path, monkeypatch):
    """The folder of many runs before the first of them, made with one above it."""
    folder = tmp_path / "digits-crossval/now"
    folder.mkdir(parents=True)
    monkeypatch.setattr(made_folders, "_MADE", [folder.parent])
    (folder / "multirun.yaml").touch()
    (folder / ".lock").write_text(str(os.getpid()))
    return folder


def test_a_folder_of_no_run_goes_with_what_was_made_for_it(many, tmp_path):
    drop_unused(many)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_a_run_stays(many):
    (many / "fold-0").mkdir()
    drop_unused(many)
    assert (many / "multirun.yaml").exists()


def test_a_folder_that_another_process_holds_stays(many):
    (many / ".lock").write_text("1")
    drop_unused(many)
    assert sorted(os.listdir(many)) == [".lock", "multirun.yaml"]


def test_folders_above_that_were_there_stay_and_so_does_the_working_folder(tmp_path, monkeypatch):
    (tmp_path / "kept/run").mkdir(parents=True)
    drop_empty(tmp_path / "kept/run")
    assert os.listdir(tmp_path) == ["kept"]
    monkeypatch.chdir(tmp_path / "kept")
    drop_empty(tmp_path / "kept")
    assert os.listdir(tmp_path) == ["kept"]
