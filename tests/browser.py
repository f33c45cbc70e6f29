"""A headless Chromium, and TensorBoard's server to open in it."""

import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")


@contextmanager
def browser(profile: Path, width: int = 1200, height: int = 900, logs: bool = False) -> Iterator[Any]:
    """Start Chromium with a profile folder of its own, and end it; with ``logs`` of its console and its requests."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    # In a container, Chromium cannot make its sandbox, and /dev/shm is small.
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(argument)
    options.add_argument(f"--window-size={width},{height}")
    if logs:
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    # With the path of the driver given, selenium looks for none and downloads none.
    started = webdriver.Chrome(options=options, service=Service(DRIVER))
    started.set_script_timeout(600)
    try:
        yield started
    finally:
        started.quit()


@contextmanager
def tensorboard(logdir: Path, seconds: float = 600) -> Iterator[str]:
    """Serve runs, and end the server: its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [
        sys.executable,
        "-m",
        "tensorboard.main",
        "--logdir",
        str(logdir),
        "--port",
        str(port),
        "--load_fast=false",
    ]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/data/runs", time.monotonic() + seconds)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, end: float) -> None:
    while True:
        try:
            if urlopen(address).read() != b"[]":  # the runs are read
                return
        except URLError:
            if time.monotonic() > end:
                raise
        time.sleep(0.2)


def charts(opened: Any, address: str, tags: str, num_runs: int, seconds: float = 600) -> dict[str, list[str]]:
    """Open TensorBoard's Time Series on tags that match, unsmoothed: the paths of the lines of each chart.

    Args:
        opened: a browser.
        address: of the server.
        tags: a regular expression, as one types it into the field "Filter tags".
        num_runs: how many lines to wait for.
        seconds: after which a chart without them is returned as it is.
    """
    # Charts are drawn by WebGL where there is some; forceSVG makes lines that can be read.
    opened.get(f"{address}/?forceSVG=true&darkMode=false&smoothing=0&tagFilter={tags}#timeseries")
    end = time.monotonic() + seconds
    while True:
        found = dict(opened.execute_script(LINES))
        whole = found and all(len(lines) >= num_runs for lines in found.values())
        if whole or time.monotonic() > end:
            return found
        time.sleep(0.5)


LINES = """
const cards = [...document.querySelectorAll('scalar-card-component')];
return cards.map(card => [
    card.querySelector('tb-truncated-path').textContent.trim(),
    [...card.querySelectorAll('.series-view path')].map(p => p.getAttribute('d'))
        .filter(d => d && (d.match(/[ML]/g) || []).length > 1),
]);
"""
