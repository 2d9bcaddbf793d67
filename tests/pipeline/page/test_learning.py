"""When a source's pages teach: in a night of enough of them, else in the next; kept, used alike by all, thrown away."""

import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from flows.runs import processing
from flows.sources import templates
from pipeline.core.models import LEARNED
from pipeline.documents.templates import shelf
from pipeline.store import keys, staging
from pipeline.store.landing import Capture, LandingWriter
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.texts.template_pages import NOW, article, html, wrapped

PROMO = "春江潮每天早晨与您一起守望这座江边的小城"
SOURCE = """id: any
name: any
tier: media
hosts: [www.example.com]
listings: [{url: "https://www.example.com/", family: inbox}]
"""


@pytest.fixture(autouse=True)
def configured(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store, one source, and work done in this process."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "any.yaml").write_text(SOURCE)
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_CONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("GONGBAO_SOURCES", str(tmp_path / "sources"))
    monkeypatch.setenv("GONGBAO_PROCESSES", "0")
    return tmp_path


def news(number: int, content: str = "content", below: str = PROMO) -> str:
    body = wrapped(article(number)) + f"<div class='below'>{below}</div>"
    return html(article(number)[0][:14], body, content=content)


def landed(store: Store, night: int, pages: Sequence[tuple[int, str]]) -> str:
    at = NOW + timedelta(days=night)
    writer = LandingWriter(store=store, source_id="any", run_id=f"run{night}", day=at.date())
    for number, body in pages:
        url = f"https://www.example.com/a/{number}.html"
        writer.write(Capture(kind="article", url=url, requested_url=url, source_id="any", status=200,
                             headers=[("Content-Type", "text/html")], body=body.encode(), fetched_at=at))  # fmt: skip
    writer.close()
    return writer.keys[0]


def learn(night: int, *keys: str) -> str:
    return processing.learn("any", f"run{night}", NOW + timedelta(days=night), keys)


def texts(store: Store, key: str, version: str, run_id: str = "run") -> list[str]:
    processing.process_landing(key, run_id, version)
    rows = staging.read(store, run_id, [keys.staged_file(run_id, key)])
    assert all(row["rules_version"].endswith(f"+{version}") == bool(version) for row in rows)
    return [row["text"] for row in rows]


def test_a_night_of_eight_pages_teaches_before_its_pages_are_read(store: Store) -> None:
    key = landed(store, 0, [(number, news(number)) for number in range(8)])
    version = learn(0, key)
    assert version == shelf.version(store, "any")
    assert sorted(texts(store, key, version)) == sorted("\n".join(article(number)) for number in range(8))
    removed = [line for row in staging.read(store, "run") for line in row["removed"] if line["rule"] == LEARNED]
    assert {line["line"] for line in removed} == {PROMO}
    assert learn(1) == version  # nothing new: nothing is read again


def test_fewer_teach_in_the_next_run_which_reads_them_anew(store: Store) -> None:
    key = landed(store, 0, [(number, news(number)) for number in range(5)])
    assert learn(0, key) == ""
    version = learn(1)
    assert version
    assert not any(PROMO in text for text in texts(store, key, version))


def test_workers_use_the_version_that_they_were_told_whatever_is_learned_meanwhile(store: Store) -> None:
    key = landed(store, 0, [(number, news(number)) for number in range(8)])
    version = learn(0, key)
    first = texts(store, key, version, "one")
    shelf.throw_away(store, "any")
    assert texts(store, key, version, "two") == first
    texts(store, key, "", "three")
    assert LEARNED not in {line["rule"] for row in staging.read(store, "three") for line in row["removed"]}


def test_a_changed_template_is_learned_anew_and_old_pages_are_read_by_what_was_known(store: Store) -> None:
    old = landed(store, 0, [(number, news(number)) for number in range(40, 56)])
    before = learn(0, old)
    same = landed(store, 1, [(number, news(number)) for number in range(20, 24)])
    assert learn(1, same) == before
    greeting = "潮起两岸，愿您今天也有一份好心情"
    new = landed(store, 2, [(number, news(number, "article-text", greeting)) for number in range(30, 38)])
    after = learn(2, new)
    assert after != before
    assert not any(PROMO in text for text in texts(store, old, after))
    assert not any(greeting in text for text in texts(store, new, after))


def test_what_was_learned_is_shown_and_thrown_away(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    learn(0, landed(store, 0, [(number, news(number)) for number in range(8)]))
    templates.show(["any"], throw_away=False)
    assert f"8 100%  {PROMO}" in capsys.readouterr().out
    templates.show(["any"], throw_away=True)
    capsys.readouterr()
    templates.show(["any"], throw_away=False)
    assert not capsys.readouterr().out
    assert shelf.version(store, "any") == ""
