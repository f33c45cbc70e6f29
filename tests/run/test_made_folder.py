import pytest

from epochwise.run.run_folder import made_folder


def fails_in(folder, name=None):
    with made_folder(folder):
        if name:
            (folder / name).touch()
        raise RuntimeError("refused")


def test_what_was_made_for_nothing_goes_again(tmp_path):
    (tmp_path / "there").mkdir()
    with pytest.raises(RuntimeError, match="refused"):
        fails_in(tmp_path / "there/run/exports")
    assert list((tmp_path / "there").iterdir()) == []


def test_a_folder_that_was_there_or_in_which_something_is_stays(tmp_path):
    for folder, name in ((tmp_path, None), (tmp_path / "exports", "model.onnx")):
        with pytest.raises(RuntimeError, match="refused"):
            fails_in(folder, name)
        assert folder.is_dir()


def test_without_a_fault_it_stays(tmp_path):
    with made_folder(tmp_path / "a/b"):
        pass
    assert (tmp_path / "a/b").is_dir()
