import sys

import pytest

from epochwise.console.main import main


@pytest.fixture
def epochwise(tmp_path, monkeypatch, capsys):
    """Type a command line in an empty folder: its exit code, what it prints and complains of."""
    monkeypatch.chdir(tmp_path)

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["epochwise", *words])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code
        said = capsys.readouterr()
        return code, said.out, said.err

    return call
