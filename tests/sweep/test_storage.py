"""A study's database that goes away for a while."""

import pytest
from optuna.exceptions import StorageInternalError
from sqlalchemy.exc import OperationalError, ProgrammingError

from epochwise.sweep.storage import made_again, open_storage


def failing(errors: list[Exception]):
    """A call that raises each error once, and then answers."""

    def call(number: int) -> int:
        if errors:
            raise StorageInternalError("") from errors.pop(0)
        return number + 1

    return call


def gone() -> OperationalError:
    return OperationalError("SELECT 1", {}, Exception("terminating connection due to administrator command"))


def test_a_call_is_made_again_until_the_server_answers_and_that_is_said_once(capsys):
    errors: list[Exception] = [gone(), gone()]
    assert made_again(failing(errors), patience=60.0, pause=0.0)(1) == 2
    assert errors == []
    assert capsys.readouterr().err == "storage: its server went away; trying again for 1 minutes\n"


def test_a_server_that_stays_away_is_an_error_in_the_end():
    with pytest.raises(StorageInternalError):
        made_again(failing([gone()]), patience=-1.0, pause=0.0)(1)


def test_what_a_server_refuses_is_an_error_at_once():
    refused = ProgrammingError("INSERT", {}, Exception("permission denied"))
    errors: list[Exception] = [refused, gone()]
    with pytest.raises(StorageInternalError):
        made_again(failing(errors), patience=60.0, pause=0.0)(1)
    assert len(errors) == 1


def test_a_file_of_sqlite_has_no_server_to_wait_for(tmp_path):
    assert "get_all_trials" not in vars(open_storage(f"sqlite:///{tmp_path}/study.db"))
