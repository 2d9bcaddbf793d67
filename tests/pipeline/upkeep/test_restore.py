"""Back-up and restore: a copy is the store as it was at one moment, whatever stopped it and whoever published meanwhile."""

import gzip
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import polars as pl
import pytest

from flows.commands import run as running
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World
from flows.servers import embedded_store
from pipeline.core.errors import ConfigError, StoreError
from pipeline.corpus.corpus import Corpus
from pipeline.store import fetches
from pipeline.store.s3 import Store
from pipeline.upkeep.backup import check, copy
from pipeline.upkeep.check_store import failings
from pipeline.upkeep.forget import forget
from pipeline.upkeep.maintenance import MaintenanceRules, maintain
from tests.makers.corpus_nights import NIGHT, document, night, prose
from tests.makers.places import LAST_NIGHT, ROOT

NEW = "s3://example-gongbao-new/corpus"
DAYS = [NIGHT + timedelta(days=day) for day in range(30)]
ASKED = ("ministry", "company")


@pytest.fixture
def dest(s3: None) -> Store:
    return Store.open(f"s3://gongbao/{uuid4().hex}")


def publish(store: Store, *numbers: int) -> None:
    for number in numbers:
        key = f"landing/source=ministry/date={DAYS[number]:%Y-%m-%d}/run{number:03}-000.warc.gz"
        store.put(key, gzip.compress(b"bytes as received"))
        night(store, f"run{number:03}", [document(number, prose(number), at=DAYS[number])], at=DAYS[number])
        store.put(f"runs/run{number:03}.json", b"{}")
        store.put(f"leases/night=all/{number:09}.json", b"{}")


def texts(store: Store) -> dict[str, str]:
    return dict(Corpus.open(store).scan().select("doc_id", "text").collect().iter_rows())


def done_with(store: Store) -> set[str]:
    """The documents that no night would fetch again."""
    return set(fetches.table(store).scan().select("doc_id").collect()["doc_id"])


def test_a_copy_knows_as_well_what_stood_when(store: Store, dest: Store) -> None:
    moments = []
    for number in (1, 2, 3):
        publish(store, number)
        moments.append(Corpus.open(store).table.written_at())
    copy(store, dest)
    for moment, version in zip(moments, (1, 2, 3), strict=True):
        assert Corpus.open(dest, at=moment).version == Corpus.open(store, at=moment).version == version
        assert Corpus.open(dest).changes(moment).since == version
    assert Corpus.open(dest, at=moments[0] - timedelta(days=1)).version == 0


def test_a_copy_is_the_store_and_made_again_writes_nothing(store: Store, dest: Store) -> None:
    publish(store, 1, 2)
    first, again = copy(store, dest), copy(store, dest)
    assert (again.written, again.there, first.version) == (0, first.written, 2)
    assert texts(dest) == texts(store)
    assert done_with(dest) == done_with(store)
    assert list(dest.list("landing/")) == list(store.list("landing/"))
    assert not list(dest.list("leases/")) + list(dest.list("staged/"))
    publish(store, 3)
    assert copy(store, dest).written < first.written
    assert texts(dest) == texts(store)


def test_a_copy_that_is_stopped_anywhere_is_an_older_store_and_goes_on(
    store: Store, dest: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(store, 1)
    known = [texts(store)]
    copy(store, dest)
    publish(store, 2, 3)
    maintain(store, MaintenanceRules.load(ROOT / "config"), datetime.now(UTC))
    known.append(texts(store))
    write, left = Store.copy_from, 0

    def stops(self: Store, other: Store, key: str) -> bool:
        nonlocal left
        left -= 1
        if left < 0:
            raise StoreError("the line is cut")
        return write(self, other, key)

    monkeypatch.setattr(Store, "copy_from", stops)
    stopped = 0
    while True:
        left = 4
        with suppress(StoreError):
            copy(store, dest)
            break
        stopped += 1
        check(dest)
        assert known[0].items() <= texts(dest).items() <= known[1].items()
        assert done_with(dest) <= texts(dest).keys()
    assert stopped > 3
    assert texts(dest) == known[1]


def test_copies_made_while_nights_are_published_lose_nothing(store: Store, dest: Store) -> None:
    publish(store, 0)
    with ThreadPoolExecutor(1) as pool:
        nights = pool.submit(publish, store, *range(1, 8))
        copies = 0
        while not nights.done():
            copy(store, dest)
            copies += 1
            assert done_with(dest) <= texts(dest).keys()
            rows = Corpus.open(dest).scan().select("run_id").collect()["run_id"]
            assert {f"runs/{run}.json" for run in rows} >= {key for key in dest.list("runs/") if key.endswith(".json")}
        nights.result()
    assert copies > 1
    copy(store, dest)
    assert texts(dest) == texts(store)


def test_a_copy_over_another_corpus_or_a_newer_one_is_refused(store: Store, dest: Store) -> None:
    with pytest.raises(ConfigError, match="no corpus"):
        copy(store, dest)
    with pytest.raises(ConfigError, match="lies in"):
        copy(store, Store.open(f"{store.url}/backup"))
    publish(store, 1)
    copy(store, dest)
    publish(dest, 2)  # someone works with the copy
    with pytest.raises(ConfigError, match="another corpus"):
        copy(store, dest)
    publish(store, 3)
    with pytest.raises(ConfigError, match="another corpus"):
        copy(store, dest)


def test_what_is_forgotten_or_deleted_is_gone_from_the_copy(store: Store, dest: Store) -> None:
    publish(store, 1, 2)
    store.put("nightly/date=2026-01-01/old.json", b"{}")
    copy(store, dest)
    store.delete("nightly/date=2026-01-01/old.json")
    dest.put("elsewhere/of-others", b"stays")
    id_ = next(iter(texts(store)))
    assert not sum(proof.left for proof in forget(store, [id_], "asked", "run9", DAYS[9]))
    assert copy(store, dest, delete=True).deleted == 1
    held = dict.fromkeys(dest.list())
    copied = [
        key
        for key in store.list()
        if not key.startswith(("staged/", "digests/staged/", "leases/")) and "_last_checkpoint" not in key
    ]
    assert list(held) == sorted([*copied, "elsewhere/of-others"])
    assert all(dest.get(key) == store.get(key) for key in copied)


def test_a_file_that_is_missing_is_told(store: Store) -> None:
    publish(store, 1)
    store.delete(f"corpus/{Corpus.open(store).files()[0].path}")
    with pytest.raises(StoreError, match="missing"):
        check(store)


def test_a_server_that_can_all_that_is_needed_passes_its_check(store: Store) -> None:
    assert list(failings(store, "mine")) == []
    assert not list(store.list("checks/"))


def test_a_server_without_conditional_put_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    write = Store.put
    monkeypatch.setattr(Store, "put", lambda self, key, body, only_new=False: write(self, key, body))
    found = list(failings(store, "mine"))
    assert len(found) == 2
    assert "If-None-Match" in found[0]
    assert "in 20 of 20 races" in found[1]


# -- the drill ------------------------------------------------------------------


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[Running]:
    with serve(World(base=LAST_NIGHT), dict.fromkeys((*SITES, "control"), 0)) as found:
        for path in write_sources(found, tmp_path / "sources"):
            if path.stem not in ASKED:
                path.unlink()
        for name in list(os.environ):
            if name.startswith(("GONGBAO_", "AWS_", "PREFECT_")):
                del os.environ[name]
        os.environ |= {"GONGBAO_SOURCES": str(tmp_path / "sources"), "GONGBAO_PROCESSES": "0"}
        os.environ |= {"GONGBAO_HOME": str(tmp_path / "home"), "AWS_CONFIG_FILE": str(tmp_path / "aws")}
        yield found
    for name in ("home", "backup", "new"):
        embedded_store.stop(tmp_path / name)


def profile(name: str, server: embedded_store.Server) -> str:
    """A profile as it stands in `~/.aws/config`."""
    return (
        f"[profile {name}]\nendpoint_url = {server.endpoint}\nregion = us-east-1\n"
        f"aws_access_key_id = {server.access_key}\naws_secret_access_key = {server.secret_key}\n"
    )


def told(section: str, number: int) -> list[str]:
    """What the guide says to type: the lines of gongbao itself in one of the code blocks of a section."""
    guide = (ROOT / "docs" / "operating.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", guide.split(f"\n## {section}\n")[1].split("\n## ")[0], re.M | re.S)
    return [line for line in blocks[number].splitlines() if re.match(r"([A-Z_]+=\S+ )*gongbao ", line)]


def typed(lines: list[str]) -> str:
    """What commands say that a shell is given; each must go well."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command, env = ["bash", "-ec", "\n".join(lines)], os.environ | {"PATH": path}
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


@pytest.mark.slow
def test_a_store_that_was_lost_is_restored_elsewhere_and_the_next_night_fetches_nothing_twice(
    sites: Running, tmp_path: Path
) -> None:
    now = sites.now(0)
    lost = running.run((), now)
    store = Store.open(f"s3://{embedded_store.BUCKET}", embedded_store.start(tmp_path / "home").environment())
    before = Corpus.open(store).scan().sort("doc_id").collect()
    assert before.height == lost.total("documents") + lost.total("reposts") > 20
    for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_CONFIG_FILE"]:
        del os.environ[name]  # what the embedded store told this process

    config = profile("backup", embedded_store.start(tmp_path / "backup")) + profile(
        "gongbao", embedded_store.start(tmp_path / "new")
    )
    (tmp_path / "aws").write_text(config)
    assert "and every file of it" in typed(told("Back-up and restore", 0))
    embedded_store.stop(tmp_path / "home")
    shutil.rmtree(tmp_path / "home")

    os.environ["AWS_PROFILE"] = "gongbao"
    assert "and every file of it" in typed(told("Back-up and restore", 1))
    os.environ["GONGBAO_STORE"] = NEW
    restored = Corpus.open(Store.open(NEW))
    assert restored.scan().sort("doc_id").collect().equals(before)

    sites.requests.clear()
    same = running.run((), now + timedelta(minutes=5))
    assert (same.succeeded, same.total("fetched")) == (True, 0)
    assert not {(page.site, page.path) for page in sites.world.truth(0)} & sites.requests.keys()
    sites.night = 1
    following = running.run((), now + timedelta(days=1))
    assert following.succeeded
    new = {page.key for page in sites.world.truth(1) if page.site in ASKED and page.state == "new"}
    assert following.total("documents") + following.total("reposts") >= len(new) > 3
    assert Corpus.open(Store.open(NEW)).scan().select(pl.len()).collect().item() > before.height

    assert "and every file of it" in typed(told("Upgrade", 0))
    typed(told("Upgrade", 1))
