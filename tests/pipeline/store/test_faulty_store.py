"""A store that fails as stores do: what was read is what was written, and a lost answer is nobody else's."""

import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import boto3
import pyarrow as pa
import pytest
from botocore.config import Config
from botocore.credentials import RefreshableCredentials

from flows import leases
from flows.schedules import LeaseRules
from pipeline.core.errors import StoreError
from pipeline.store import s3
from pipeline.store.s3 import Store
from pipeline.store.tables import Table
from tests.makers.servers.faulty_store import KINDS, Faults, faulty

RULES = LeaseRules(renew_seconds=60, stale_minutes=10, wait_minutes=0)
BODY = random.Random(1).randbytes(300_000)


@pytest.fixture
def failing(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Store, Faults]]:
    """The same store, reached through a proxy that fails."""
    faults = Faults()
    quick = Config(retries={"mode": "standard", "max_attempts": 8})
    with faulty(os.environ["AWS_ENDPOINT_URL_S3"], faults) as endpoint:
        yield Store(store.bucket, store.prefix, boto3.Session(), endpoint, s3._CONFIG.merge(quick)), faults


@pytest.mark.parametrize("kind", KINDS)
def test_one_fault_of_any_kind_is_no_error(failing: tuple[Store, Faults], kind: str) -> None:
    store, faults = failing
    store.put("key", BODY)
    for read in (
        lambda: store.get("key"),
        lambda: store.get_range("key", 0, len(BODY)),
        lambda: store.find("key"),
        lambda: b"".join(chunks(store)),
        lambda: BODY if store.copy_from(store, "key") else b"",
        lambda: BODY if list(store.list()) == ["key"] else b"",
    ):
        faults.next = [kind]
        assert read() == BODY
        assert faults.next == []
    faults.next = [kind]
    store.put("other", BODY)
    assert store.get("other") == BODY


def chunks(store: Store) -> Iterator[bytes]:
    with store.stream("key") as body:
        while chunk := body.read(50_000):
            yield chunk


def test_a_body_that_is_cut_again_and_again_is_an_error_of_the_store(failing: tuple[Store, Faults]) -> None:
    store, faults = failing
    store.put("key", BODY)
    for read in (lambda: store.get("key"), lambda: store.find("key"), lambda: b"".join(chunks(store))):
        faults.next = ["cut"] * 40
        with pytest.raises(StoreError, match="key"):
            read()
        faults.next = []


def test_a_lost_answer_to_a_conditional_write_is_known_for_ones_own(failing: tuple[Store, Faults]) -> None:
    store, faults = failing
    faults.next = ["lost"]
    assert store.put("mine", b"first", only_new=True)
    assert not store.put("mine", b"second", only_new=True)
    faults.next = ["lost"]
    assert not store.put("mine", b"third", only_new=True), "somebody else's stays somebody else's"
    assert store.get("mine") == b"first"


def test_a_lease_whose_answer_was_lost_is_held(failing: tuple[Store, Faults]) -> None:
    store, faults = failing
    faults.methods, faults.next = ("PUT",), ["lost"]
    with leases.hold(store, "source=one", "first", RULES), pytest.raises(leases.Taken):
        leases.check(store, "source=one", RULES)
    leases.check(store, "source=one", RULES)


def test_of_many_who_ask_a_failing_store_at_once_one_gets_it(failing: tuple[Store, Faults]) -> None:
    store, faults = failing
    faults.share, faults.kinds = 0.1, ("500", "503", "reset", "lost", "stall")
    for number in range(5):
        with ThreadPoolExecutor(6) as pool:
            told = list(pool.map(lambda who: store.put(f"round{number}", who.encode(), only_new=True), "abcdef"))  # noqa: B023
        assert [who for who, won in zip("abcdef", told, strict=True) if won] == [store.get(f"round{number}").decode()]
    assert faults.done["lost"] > 0


def test_who_waits_for_a_lease_stops_when_the_flow_around_it_ends(store: Store) -> None:
    ended: list[BaseException] = []

    def ask() -> None:
        try:
            with leases.hold(store, "source=one", "second", RULES, wait=timedelta(hours=8)):
                pass
        except leases.Taken as taken:
            ended.append(taken)

    with leases.hold(store, "source=one", "first", RULES):
        waiting = threading.Thread(target=ask)
        with leases.waits_end_with_us():
            waiting.start()
        waiting.join()
    assert len(ended) == 1


def test_a_proxy_in_the_environment_is_not_asked_for_servers_of_this_machine(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "intern.example")
    there = Store.open(store.url)
    there.put("key", b"1")
    assert there.get("key") == b"1"
    schema = pa.schema([pa.field("part", pa.string()), pa.field("text", pa.string())])
    table = Table.open(there, "table", schema, partition_by="part", description="")
    table.append(pa.table({"part": ["a"], "text": ["b"]}, schema), "one")
    assert table.scan().collect()["text"].to_list() == ["b"]
    assert os.environ["NO_PROXY"].startswith("intern.example,")


def test_credentials_of_a_role_are_asked_for_again_when_they_run_out(store: Store) -> None:
    mine = boto3.Session().get_credentials()
    asked: list[int] = []

    def refresh() -> dict[str, str]:
        asked.append(1)
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
        return {"access_key": mine.access_key, "secret_key": mine.secret_key, "token": None, "expiry_time": soon}

    there = Store.open(store.url)
    there._session._session._credentials = RefreshableCredentials.create_from_metadata(
        refresh(), refresh, "test", advisory_timeout=0, mandatory_timeout=0
    )
    schema = pa.schema([pa.field("part", pa.string()), pa.field("text", pa.string())])
    table = Table.open(there, "table", schema, partition_by="part", description="")
    table.append(pa.table({"part": ["a"], "text": ["b"]}, schema), "one")
    lazily = table.scan()
    before = len(asked)
    time.sleep(1.5)
    assert lazily.collect()["text"].to_list() == ["b"]
    assert len(asked) > before
