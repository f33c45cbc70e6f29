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


def test_a_place_that_conf_names_is_told_by_what_names_another_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tests").mkdir()  # as close a name as any
    for missing in ("datasets", "pictures"):
        with pytest.raises(InputError, match=rf"there is no '{missing}'; give yours by data.root=PATH$"):
            existing_path("datasets/pictures", "data.root")
        (tmp_path / "datasets").mkdir(exist_ok=True)


def test_no_close_name_is_no_guess(tmp_path):
    (tmp_path / ".nowhere").touch()  # hidden
    with pytest.raises(InputError, match=r"there is no 'nowhere'$"):
        existing_path(str(tmp_path / "nowhere"), "data.root")
