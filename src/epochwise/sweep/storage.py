"""The database of a study, which may be away for a while."""

import sys
import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from optuna.exceptions import StorageInternalError
from optuna.storages import BaseStorage, get_storage
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from epochwise.sweep.password import with_password

#: Seconds for which a database that was there is waited for: it is started again, or moves to another machine.
PATIENCE = 600.0

#: What Optuna asks of a storage.
CALLS = [name for name in vars(BaseStorage) if not name.startswith("_") and name != "remove_session"]


def open_storage(url: str, patience: float = PATIENCE) -> BaseStorage:
    """Open the database of studies, of which each call is made again where its server went away.

    A server that ends sessions has committed nothing of theirs, so what is asked again is done once. Files of SQLite
    have no server, and a server that is not there from the start is an error at once.

    Args:
        url: such as ``sqlite:///study.db`` or ``postgresql+psycopg://user@host/studies``; of a password of ``***`` see
            ``sweep.password``.
        patience: seconds for which a call is made again.

    Raises:
        Exception: whatever the database's driver raises where it cannot be opened.
    """
    storage = get_storage(with_password(url))
    if not url.startswith("sqlite"):
        for name in CALLS:
            setattr(storage, name, made_again(getattr(storage, name), patience))
    return storage


def made_again(call: Callable[..., Any], patience: float, pause: float = 1.0) -> Callable[..., Any]:
    """A call of a storage that is made until its server answers.

    Args:
        call: of a storage of Optuna.
        patience: seconds, after which the error is raised.
        pause: seconds between two calls.
    """

    @wraps(call)
    def patient(*args: Any, **keywords: Any) -> Any:
        until = time.monotonic() + patience
        told = False
        while True:
            try:
                return call(*args, **keywords)
            except (StorageInternalError, DBAPIError) as error:
                if not went_away(error) or time.monotonic() > until:
                    raise
                if not told:
                    what = f"storage: its server went away; trying again for {patience / 60:.0f} minutes"
                    print(what, file=sys.stderr, flush=True)
                told = True
            time.sleep(pause)

    return patient


def went_away(error: BaseException) -> bool:
    """Whether a call failed since the server of the database ended the connection, or let none begin."""
    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return isinstance(cause, (OperationalError, InterfaceError)) or bool(
        isinstance(cause, DBAPIError) and cause.connection_invalidated
    )
