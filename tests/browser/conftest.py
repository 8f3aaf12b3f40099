"""What every path in Chromium needs: the browser, a copy of the sample school, a port."""

import shutil
from pathlib import Path

import pytest
from support.browsers import CHROMIUM, QUIET
from support.servers import own_port


@pytest.fixture(scope="module")
def chromium():
    assert CHROMIUM, "Chromium is missing: sh .ci/browser installs it"
    with pytest.importorskip("playwright.sync_api").sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def folder(demo, tmp_path):
    """A copy of the sample school that a test may change."""
    return Path(shutil.copytree(demo, tmp_path / "school"))


@pytest.fixture
def port():
    return own_port(20_000)
