import json
import subprocess

from epochwise.run.result import git_commit, write_result


def test_a_result_says_what_it_was_made_with(tmp_path):
    write_result(tmp_path, status="completed", best_epoch=3, test={"loss": float("nan")})
    result = json.loads((tmp_path / "result.json").read_text())
    assert result["status"] == "completed"
    assert result["test"] == {"loss": None}
    assert result["versions"].keys() >= {"python", "torch", "lightning"}
    assert result.keys() >= {"git_commit", "command"}


def test_the_commit_is_marked_where_files_differ_from_it_and_absent_outside_git(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert git_commit(tmp_path) is None
    for command in (
        "git init -q",
        "git -c user.name=a -c user.email=a@b commit -q --allow-empty -m first",
    ):
        subprocess.run(command.split(), check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout.strip()
    assert git_commit(tmp_path) == head
    (tmp_path / "file").write_text("1")
    subprocess.run(["git", "add", "file"], check=True)
    assert git_commit(tmp_path) == f"{head}+"
