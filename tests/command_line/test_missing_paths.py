import pytest

from epochwise.command_line.override_text import check_paths
from epochwise.input_error import InputError


def test_all_that_is_not_there_is_named_at_once(tmp_path):
    (tmp_path / "pictures").mkdir()
    words = ["data=image_folder", f"data.root={tmp_path}/picture", f"predict='{tmp_path}/a=b.png'"]
    with pytest.raises(InputError) as caught:
        check_paths(words)
    first, second = caught.value.lines
    assert first == f"data.root={tmp_path}/picture: there is no 'picture'; did you mean 'pictures'?"
    assert second.startswith(f"predict={tmp_path}/a=b.png: there is no 'a=b.png'")


@pytest.mark.parametrize(
    "words",
    [
        ["data=table", "data.path=wine"],
        ["data=mnist", "data.root=where/it/will/be"],
        ["data=table", "data.path=a.csv,b.csv"],
        ["predict=null"],
        ["data.path=${oc.env:TABLE}", "data=table"],
    ],
)
def test_names_of_other_things_are_not_looked_for(words):
    check_paths(words)
