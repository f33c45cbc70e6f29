"""A text as a file that is read as a log."""

import pytest

from epochwise.logs.read_log import read_log


@pytest.fixture
def read(tmp_path):
    """Reads a text as a file; of several trainings the last."""

    def reader(text, name="log.csv", **settings):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return read_log(path, **settings)[-1]

    return reader
