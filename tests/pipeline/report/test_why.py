"""`gongbao why`: texts side by side, and the story of a repost out of the real store."""

import io
import re
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from starlette.testclient import TestClient

from flows import settings
from flows.cli.main import cli
from flows.commands import why as story
from flows.web.app import app
from flows.web.store_reader import Reader
from pipeline.core import source as source_model
from pipeline.core.conservation import CrawlReport, RunReport, SourceReport
from pipeline.core.models import Reason, Rejected
from pipeline.core.urls import doc_id
from pipeline.corpus.beside import Beside, beside
from pipeline.corpus.corpus import Corpus
from pipeline.documents import process
from pipeline.report import backfill_answers
from pipeline.report import story as story_of
from pipeline.report.story import story as find
from pipeline.rules import Rules
from pipeline.store.s3 import Store
from pipeline.upkeep import forget as forgetting
from tests.makers.articles import article, publish_night
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose
from tests.makers.landed_pages import fetched
from tests.makers.places import ROOT

FIRST = "青溪水渠全线修复完工，沿线三个村的灌溉用水有了保障。"
SECOND = "工程历时两年，新建渠道十二公里，改造泵站五座。"
THIRD = "市水务局表示，下一步将建立长效管护机制。"


def test_paragraphs_stand_beside_what_they_say_in_the_other_text() -> None:
    rows = beside(f"{FIRST}\n（资料图片）\n{THIRD}", f"{FIRST}\n{SECOND}\n{THIRD}")
    assert [(row.left, row.right) for row in rows] == [
        (FIRST, FIRST), ("（资料图片）", ""), ("", SECOND), (THIRD, THIRD)
    ]  # fmt: skip


def test_another_script_and_other_typography_say_the_same() -> None:
    (row,) = beside("青溪水渠全線修復完工,沿線三個村的灌溉用水有了保障。", FIRST)
    assert row.same
    assert row.changed == ([], [])


def test_what_differs_in_a_paragraph_is_told_by_place() -> None:
    row = Beside("新建渠道十二公里", "新建渠道二十公里长")
    left, right = row.changed
    assert "".join(row.left[a:b] for a, b in left) in ("十", "二")
    assert "".join(row.right[a:b] for a, b in right) in ("十长", "二长")


def test_two_paragraphs_that_were_made_one_stand_beside_the_first() -> None:
    rows = beside(FIRST + SECOND, f"{FIRST}\n{SECOND}")
    assert [(bool(row.left), bool(row.right)) for row in rows] == [(True, True), (False, True)]


def test_the_story_of_a_repost_shows_source_cluster_what_changed_and_both_texts(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = prose(1)
    copy = "\n".join([*whole.split("\n")[:4], "（本网编辑整理）"])
    rows = publish_night(
        store,
        0,
        [
            article("paper", 1, whole, day=4, title="原题"),
            article("bureau", 1, copy, day=4, title="改题", publisher="青溪日报"),
        ],
    )
    out = Console(width=200, highlight=False)
    told = find(store, rows["bureau1"]["doc_id"])
    assert told
    assert told.row
    story._decision(out, told.row)
    story._cluster(out, told)
    story._beside(out, told)
    said = capsys.readouterr().out
    assert f"repost of {rows['paper1']['doc_id']}" in said
    assert "来源 青溪日报: source paper" in said
    assert "cluster of 2" in said
    assert "cut here: " + whole.split("\n")[5][:40] in said
    assert "added here: （本网编辑整理）" in said
    assert "原题" in said
    assert "改题" in said


def test_the_cluster_is_told_from_any_of_its_members(store: Store) -> None:
    rows = publish_night(store, 0, [article(source, 1, prose(1), day=4) for source in ("copier", "paper", "bureau")])
    for name in rows:
        members = Corpus.open(store).cluster(rows[name]["doc_id"])["doc_id"].to_list()
        assert members[0] == rows["bureau1"]["doc_id"]
        assert sorted(members) == sorted(row["doc_id"] for row in rows.values())
    assert Corpus.open(store).cluster("0" * 32).is_empty()


def test_what_answers_at_once_loads_nothing_that_takes_long() -> None:
    code = (
        "import sys, flows.cli.main, flows.commands.status, flows.commands.why; "
        "print([m for m in ('prefect', 'scrapy', 'trafilatura') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.fixture
def known(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """An empty store, which commands find."""
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_HOME", str(tmp_path))
    return store


def test_why_of_a_forgotten_page_says_so_and_shows_neither_it_nor_the_page_behind_it(known: Store) -> None:
    first, last = prose(1), prose(2)
    pages = fetched(known, "run1", {1: first, 2: last}, 0)
    night(known, "run1", pages)
    ids = [doc_id(page.url) for page, _ in pages]
    client = TestClient(app(Reader(settings.from_environment(), known)), base_url="http://127.0.0.1")
    assert first[:30] in client.get(f"/documents/{ids[0]}/why").text
    for number in (0, 1):  # the second has no page behind it
        forgetting.forget(known, [ids[number]], "request 7", f"forget{number}", NIGHT)
        said = CliRunner().invoke(cli, ["why", ids[number]], catch_exceptions=False).stdout
        shown = client.get(f"/documents/{ids[number]}/why").text
        for told in (said, shown):
            assert "(None)" not in told
            assert re.search(r"forgotten 2026-01-05.02:00\S*: request 7", told)  # of Shanghai
            assert not [text for text in (first, last) if text[:30] in told]
        assert client.get(f"/documents/{ids[number]}/original").status_code == 404


def test_why_of_a_page_that_failed_says_how_and_in_which_run(known: Store) -> None:
    at, robots = "http://news.example/1.html", "http://news.example/2.html"
    for number in range(30):
        failures = tuple((f"http://news.example/{each}/", "timeout") for each in range(1000))
        report = RunReport(
            run_id=f"run{number:02}", kind="backfill" if number == 3 else "nightly", started_at=NIGHT, ended_at=NIGHT,
            version_before=0, version=0,
            sources=(SourceReport(source_id="a", failures=((at, f"http_5{number:02}"), *failures) if number < 2 else ()),),
        )  # fmt: skip
        known.put(f"runs/{report.run_id}.json", report.model_dump_json().encode())
    backfill_answers.write(known, "run03", {"a": [robots]}, [
        CrawlReport(run_id="run03", source_id="a", started_at=NIGHT, ended_at=NIGHT, listed=1, skipped={"robots": 1},
                    not_fetched=((robots, "skipped", "robots"),))
    ])  # fmt: skip

    def said(asked: str) -> str:
        done = CliRunner().invoke(cli, ["why", asked], catch_exceptions=False)
        assert done.exit_code == 1
        return done.stderr

    began = time.process_time()  # of this process alone, however busy the machine is
    assert "in run run01: failed because http_501" in said(at)
    assert time.process_time() - began < 2
    assert "in run run01: failed because http_501" in said(doc_id(at))
    assert "in run run03: skipped because robots" in said(robots)
    assert "never fetched. Is a source" in said("http://news.example/3.html")
    client = TestClient(app(Reader(settings.from_environment(), known)), base_url="http://127.0.0.1")
    assert "in run run01: failed because http_501" in client.get("/documents", params={"q": at}).text
    assert "was never fetched" in client.get("/documents", params={"q": "http://news.example/3.html"}).text
    assert "backfill" not in said("0" * 32)
    assert "backfill" not in said("notes.txt")


def test_why_a_document_was_withdrawn_is_said_in_the_words_of_its_row(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    night(store, "run1", [document(1, prose(1))])
    night(store, "run2", [gone(1, NIGHT + timedelta(days=1))], at=NIGHT + timedelta(days=1))
    (row,) = Corpus.open(store).scan().collect().to_dicts()
    assert row["withdrawn_because"] == "gone"
    for because, said in (("gone", "gone"), ("rejected:list_page", "rejected:list_page"), (None, "its page was gone")):
        story._decision(Console(width=200), row | {"withdrawn_because": because})
        assert capsys.readouterr().out.splitlines()[-1] == f"withdrawn 2026-01-06T02:00:00+08:00: {said}"


def test_a_file_that_cannot_be_read_is_no_document_and_none_of_its_bytes_is_shown() -> None:
    rules = Rules.load(ROOT / "config")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:  # as stored, its words stand in the bytes
        file.writestr("word/document.xml", "".join(f"<w:p>{line}</w:p>" for line in prose(1).split("\n")))
    for body, reason in ((packed.getvalue(), Reason.EMPTY), (b"%PDF-1.4\n" + prose(1).encode(), Reason.BROKEN)):
        page, _ = document(1, "")
        page = replace(page, body=body, headers=(("Content-Type", "text/html"),))
        read = story_of.read(page, source_model.unknown(), rules)
        assert isinstance(read.outcome, Rejected)
        assert (read.outcome.reason, read.lines) == (reason, ())
        left = process(replace(page, status=404), source_model.unknown(), rules)
        assert isinstance(left, Rejected)
        assert left.reason is Reason.GONE
