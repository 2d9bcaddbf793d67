"""A revision that was held, seen by a person: both texts are shown, and one command takes the new one."""

from datetime import timedelta
from pathlib import Path

import pytest

from flows import settings
from flows.commands import maintain, why
from flows.web.app import app
from flows.web.store_reader import Reader
from pipeline.core.conservation import CrawlReport, RunReport, markdown
from pipeline.core.errors import ConfigError
from pipeline.corpus.corpus import Corpus
from pipeline.documents import process
from pipeline.publish.publish import Published, publish
from pipeline.publish.rollback import rollback
from pipeline.report.morning_figures import Figures
from pipeline.report.morning_page import html
from pipeline.report.suspicion import MorningRules
from pipeline.rules import Rules
from pipeline.store import keys, staging
from pipeline.store.landing import Capture, LandingWriter, read_all
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import LIMITS, NIGHT, SOURCE, prose
from tests.makers.places import ROOT

RULES = Rules.load(ROOT / "config")
URL = "https://example.gov.cn/t20260104_1.html"
SHORTER = "本文内容有误，现予更正，原有文字不再提供。"
DAYS = [NIGHT + timedelta(days=day) for day in range(9)]


def visited(store: Store, day: int, text: str) -> Published:
    """A night on which the page says this."""
    run_id, at = f"run{day}", DAYS[day]
    lines = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    page = f"<html><title>某某园区条例</title><body><h1>某某园区条例</h1><p>发布时间：2026-01-04</p><div>{lines}</div></body></html>"
    writer = LandingWriter(store=store, source_id="ministry", run_id=run_id, day=at.date())
    writer.write(
        Capture(kind="article", url=URL, requested_url=URL, source_id="ministry", status=200,
                headers=[("Content-Type", "text/html; charset=utf-8")], body=page.encode(), fetched_at=at)
    )  # fmt: skip
    writer.close()
    (key,) = writer.keys
    staged = [(page, process(page, SOURCE, RULES)) for _, page in read_all(store.get(key), key)]
    staging.write(store, keys.staged_file(run_id, key), staged)
    crawl = CrawlReport(run_id=run_id, source_id="ministry", started_at=at, ended_at=at, listed=1, fetched=1)
    return publish(store, run_id, at, [crawl], {"ministry": SOURCE}, RULES.dedupe, LIMITS)


@pytest.fixture
def held(store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """A page of which two visits running brought a text that keeps almost nothing."""
    (tmp_path / "ministry.yaml").write_text(
        "id: ministry\nname: 部\ntier: gov\nhosts: [example.gov.cn]\nlistings: [{url: 'https://example.gov.cn/', family: trs}]\n"
    )
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_SOURCES", str(tmp_path))
    for day, text in enumerate((prose(1), SHORTER, SHORTER)):
        visited(store, day, text)
    return store


def text(store: Store) -> str:
    return str(Corpus.open(store).documents().collect()["text"][0])


def test_one_command_takes_the_new_text_and_nothing_asks_again(held: Store) -> None:
    assert text(held) == prose(1)
    maintain.accept(URL)
    assert text(held) == SHORTER
    done = visited(held, 4, SHORTER)
    assert (done.sources[0].unchanged, done.sources[0].held) == (1, 0)
    with pytest.raises(ConfigError, match="nothing that is held"):
        maintain.accept(URL)


def test_what_was_accepted_can_be_put_back_and_is_a_question_again(held: Store) -> None:
    maintain.accept(URL)
    run = Corpus.open(held).scan().collect()["run_id"][0]
    rollback(held, run, "undo", DAYS[4])
    assert text(held) == prose(1)


def test_why_and_the_console_show_both_texts_and_the_command(held: Store, capsys: pytest.CaptureFixture[str]) -> None:
    from starlette.testclient import TestClient

    assert why.tell(URL)
    said = capsys.readouterr().out
    assert "a question for a person" in said
    assert "gongbao accept" in said
    assert all(words in "".join(said.split()) for words in (SHORTER[:8], prose(1)[:8]))
    doc_id = Corpus.open(held).documents().collect()["doc_id"][0]
    client = TestClient(app(Reader(settings.from_environment(), held)), base_url="http://127.0.0.1")
    for path in (f"/documents/{doc_id}", f"/documents/{doc_id}/why"):
        page = client.get(path).text
        assert f"gongbao accept {doc_id}" in page, path
    assert all(words in page for words in (SHORTER[:5], prose(1)[:5], "held-back"))


def test_the_report_shows_it_under_documents_to_look_at(held: Store) -> None:
    done = visited(held, 3, SHORTER)
    report = RunReport(
        run_id="run3",
        kind="nightly",
        started_at=DAYS[3],
        ended_at=DAYS[3],
        version_before=1,
        version=1,
        sources=done.sources,
    )
    for page in (
        markdown(report),
        html(report, Figures(), [], MorningRules.load(ROOT / "config"), {}),
        report.model_dump_json(),
    ):
        assert done.sources[0].held_pages[0].doc_id in page
    assert "Documents to look at" in markdown(report)
    assert (report.total("held"), report.total("unchanged"), done.sources[0].closes) == (1, 1, True)
