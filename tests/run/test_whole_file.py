import pytest

from epochwise.run.run_folder import whole_file


def test_a_file_that_fails_halfway_leaves_the_old_one_and_nothing_else(tmp_path):
    target = tmp_path / "table.csv"
    target.write_text("old")

    def write():
        with whole_file(target) as file:
            file.write("half of the n")
            raise RuntimeError("disk")

    with pytest.raises(RuntimeError, match="disk"):
        write()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_file_that_succeeds_replaces_the_old_one(tmp_path):
    (tmp_path / "blob").write_bytes(b"old and longer")
    with whole_file(tmp_path / "blob", "wb") as file:
        file.write(b"new")
    assert (tmp_path / "blob").read_bytes() == b"new"
    assert len(list(tmp_path.iterdir())) == 1
