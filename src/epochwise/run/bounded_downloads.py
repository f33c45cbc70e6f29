"""Downloads that say within seconds that there is no network."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

TIMEOUT_S = 10.0


@contextmanager
def bounded_downloads() -> Iterator[None]:
    """Let torch and torchvision wait for 10 s at most, for a connection and for each piece of a file.

    Else urllib, by which they download, waits for a silent server without end.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


@contextmanager
def bounded_hub() -> Iterator[None]:
    """Let timm find what is in Hugging Face's cache, and nothing else, where the server does not answer once.

    Else huggingface_hub asks six times for each of the names that a file of weights may have: 81 s without a network.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils import get_session

    before = constants.HF_HUB_OFFLINE
    try:
        get_session().head(constants.ENDPOINT, timeout=TIMEOUT_S)  # by its own client, which knows of proxies
    except Exception:  # of httpx or requests, which of them depends on its version
        constants.HF_HUB_OFFLINE = True  # as its variable of that name does, which is read at its import alone
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
