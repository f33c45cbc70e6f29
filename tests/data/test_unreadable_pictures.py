import pytest

from epochwise.data.pictures.picture_files import unreadable_pictures


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif"])
def test_picture_cut_short_is_found(tmp_path, write_pictures, suffix):
    write_pictures(tmp_path, 2, size=(64, 64), suffix=suffix)
    whole, cut = tmp_path / f"0{suffix}", tmp_path / f"1{suffix}"
    cut.write_bytes(cut.read_bytes()[:-200])
    assert list(unreadable_pictures([str(whole), str(cut)])) == [str(cut)]


@pytest.mark.parametrize("content", [b"", b"no picture"])
def test_file_that_is_no_picture_is_found(tmp_path, content):
    (tmp_path / "file.png").write_bytes(content)
    assert "cannot identify" in unreadable_pictures([str(tmp_path / "file.png")])[str(tmp_path / "file.png")]
