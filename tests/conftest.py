"""What tests share: a real S3 server, a store in it for each test, a real browser, and the folders beside the repository."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.makers.places import SHARED

# Of Prefect's own server, where a test imports Prefect before Gongbao settles which server is used; its default is 20 s.
os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "1800")


def pytest_unconfigure() -> None:
    """Prefect says at exit that it stops its server, to a stream that pytest has closed: no page of traceback of that."""
    logging.raiseExceptions = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests come first: at the end no process is left with a long one while the others have none."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """What a test tells the environment, Prefect's settings of a run among it, ends with the test.

    Only what changed is put back: threads of native libraries read the environment without a lock, at any time.
    """
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update({name: value for name, value in before.items() if os.environ.get(name) != value})


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The embedded S3 server, in a folder of its own, found by boto3's own chain."""
    from flows.servers import embedded_store

    folder = tmp_path_factory.mktemp("s3")
    server = embedded_store.start(folder)
    before = dict(os.environ)
    os.environ.update(server.environment())
    yield
    os.environ.clear()
    os.environ.update(before)
    embedded_store.stop(folder)


@pytest.fixture
def store(s3: None):
    """An empty store."""
    from pipeline.store.s3 import Store

    return Store.open(f"s3://gongbao/{uuid4().hex}")


@pytest.fixture
def shared() -> Path:
    """The reference pages and texts that stand beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared, the reference pages and texts, is not here")
    return SHARED


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: the extra `browser`")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not chromium:
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()
