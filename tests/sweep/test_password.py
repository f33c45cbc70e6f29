from pathlib import Path

import pytest

from epochwise.sweep.password import VARIABLE, hide_password, hide_passwords, masked, with_password

URL, HIDDEN = (
    "postgresql+psycopg://someone:not%40one@127.0.0.1:1/studies",
    "postgresql+psycopg://someone:***@127.0.0.1:1/studies",
)


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv(VARIABLE, "")
    monkeypatch.delenv(VARIABLE)
    return monkeypatch


def test_a_password_goes_to_the_environment_and_comes_back_from_there():
    assert hide_password(URL) == HIDDEN
    assert hide_password(HIDDEN) == HIDDEN  # in a process that was started with it
    assert with_password(HIDDEN) == URL


def test_without_one_in_the_environment_the_driver_looks_in_its_own_places():
    assert with_password(HIDDEN) == "postgresql+psycopg://someone@127.0.0.1:1/studies"


@pytest.mark.parametrize(
    "url", ["sqlite:///study.db", "postgresql+psycopg://someone@host/studies", "mysql://host:33/a"]
)
def test_a_url_without_a_password_stays_as_it_is(url):
    assert hide_password(url) == masked(url) == with_password(url) == url


def test_of_a_command_line_only_storages_are_looked_at():
    words = [f"storage={URL}", f"+callbacks.pruning.storage={URL}", f"name={URL}"]
    assert hide_passwords(words) == [f"storage={HIDDEN}", f"+callbacks.pruning.storage={HIDDEN}", f"name={URL}"]


@pytest.mark.filterwarnings("ignore")
def test_no_line_of_a_search_that_cannot_connect_holds_it(typed):
    pytest.importorskip("optuna")
    code, out, err = typed("search.py", f"storage={URL}", "n_trials=1", "hydra.sweep.dir=search")
    assert code == 2
    assert err.startswith(f"storage: cannot open {HIDDEN}")
    assert "not%40one" not in out + err
    assert "not@one" not in out + err


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")
def test_no_file_of_a_search_holds_it(typed, environment):
    storage = pytest.importorskip("epochwise.sweep.storage")
    asked, real = [], storage.get_storage
    environment.setattr(storage, "get_storage", lambda url: asked.append(url) or real("sqlite:///study.db"))
    quick = ["trainer.max_epochs=1", "trainer.limit_train_batches=1", "report=false", "~callbacks.pruning"]
    code, out, err = typed("search.py", f"storage={URL}", "n_trials=1", "hydra.sweep.dir=search", *quick)
    assert (code, set(asked)) == (0, {URL}), err
    written = b"".join(path.read_bytes() for path in Path().rglob("*") if path.is_file()).decode(errors="replace")
    for said in (out, written):
        assert HIDDEN in said
        assert "not%40one" not in said
        assert "not@one" not in said
