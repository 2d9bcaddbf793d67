"""What tests share: a real S3 server of their own, a store in it for each test, and the folders beside the repository."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The embedded S3 server, in a folder of its own, found by boto3's own chain."""
    from flows import embedded

    folder = tmp_path_factory.mktemp("s3")
    server = embedded.start(folder)
    before = dict(os.environ)
    os.environ.update(server.environment())
    yield
    os.environ.clear()
    os.environ.update(before)
    embedded.stop(folder)


@pytest.fixture
def store(s3: None):
    """An empty store."""
    from pipeline.store import Store

    return Store.open(f"s3://gongbao/{uuid4().hex}")


@pytest.fixture
def shared() -> Path:
    """The reference pages and texts that stand beside the repository."""
    if not SHARED.is_dir():
        pytest.skip("../shared, the reference pages and texts, is not here")
    return SHARED
