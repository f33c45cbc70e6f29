import pytest

from epochwise.command_line.arguments import report_words


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["out/a", "out/b"], ["runs=['out/a','out/b']"]),
        (["it's"], [r"runs=['it\'s']"]),
        (["RUN", "replay.patience=1,2,3", "mode=max"], ["replay.patience=[1,2,3]", "mode=max", "runs=['RUN']"]),
        (["replay.min_delta=0.1"], ["replay.min_delta=[0.1]"]),
        (["replay.patience=[1,2]", "runs=a,b"], ["replay.patience=[1,2]", "runs=[a,b]"]),
        (["--help"], ["--help"]),
        ([], []),
    ],
)
def test_paths_are_runs_and_settings_of_replay_are_lists(words, expected):
    assert report_words(words) == expected


def test_a_folder_with_an_equals_sign_in_its_name_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lr=0.1").mkdir()
    assert report_words(["lr=0.1"]) == ["runs=['lr=0.1']"]
