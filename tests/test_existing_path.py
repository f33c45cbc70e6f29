import pytest

from epochwise.input_error import InputError, existing_path


def test_what_is_there_is_returned(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "rows.csv").touch()
    assert existing_path("~/rows.csv", "data.path") == tmp_path / "rows.csv"


def test_first_missing_part_is_named_with_the_closest_that_is_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "datasets" / "pets").mkdir(parents=True)
    with pytest.raises(InputError, match=r"^data.root=datsets/pets: there is no 'datsets'; did you mean 'datasets'\?$"):
        existing_path("datsets/pets", "data.root")
    with pytest.raises(InputError, match=r"^data.root=datasets/pet: there is no 'pet'; did you mean 'pets'\?$"):
        existing_path("datasets/pet", "data.root")


def test_no_close_name_is_no_guess(tmp_path):
    with pytest.raises(InputError, match=r"there is no 'nowhere'$"):
        existing_path(str(tmp_path / "nowhere"), "data.root")
