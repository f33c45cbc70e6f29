"""Reports in a headless Chromium, where there is one."""

import pytest

from epochwise.report.page import page

from tests import browser as chromium
from tests.report.example_document import DOCUMENTS, one_run


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    pytest.importorskip("selenium", reason="selenium is not installed (extra `dev`)")
    if not (chromium.CHROMIUM and chromium.DRIVER):
        pytest.skip("no chromium and chromedriver on the PATH (Debian: chromium-driver)")
    with chromium.browser(tmp_path_factory.mktemp("chromium"), logs=True) as started:
        started.get("about:blank")  # leave the page of new tabs, which asks for a hundred files of the browser's own
        yield started


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder, rounds = tmp_path_factory.mktemp("pages"), one_run()
    rounds["runs"][0]["unit"] = "round"
    documents = DOCUMENTS | {"rounds": rounds}
    for name, document in documents.items():
        (folder / f"{name}.html").write_text(page(document), encoding="utf-8")
    return {name: (folder / f"{name}.html").as_uri() for name in documents}


@pytest.fixture
def opened(browser, files):
    """Opens a page at a width, light or dark."""

    def open_page(name, width=1200, scheme="light"):
        for kind in ("browser", "performance"):
            browser.get_log(kind)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        browser.get(files[name])
        return browser

    return open_page
