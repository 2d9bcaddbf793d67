"""The morning report: what it says of a night, and how it looks in a real browser at a desk and on a phone."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.alarms import standing
from flows.runs.morning_report import show
from flows.terminal.output import tell
from pipeline.core.conservation import RunReport, SourceReport, plainly
from pipeline.core.language import TAGS, speaking
from pipeline.core.observation import Alarm, Grade, Trouble
from pipeline.report.morning_figures import figures
from pipeline.report.morning_page import html
from pipeline.report.suspicion import MorningRules, suspicions
from pipeline.store.s3 import Store
from tests.makers.places import ROOT

RULES = MorningRules.load(ROOT / "config")
AT = datetime(2026, 1, 5, 18, tzinfo=UTC)
BODY = "市人民政府今日召开会议，研究部署春季农业生产和水利建设工作，要求各区抓紧落实。\n" * 6


def row(number: int = 0, **changes: Any) -> dict[str, Any]:
    """A sound document of the corpus."""
    return {
        "doc_id": f"{number:032x}",
        "url": f"https://news.example/{number}.html",
        "source_id": "sample",
        "title": f"第{number}号通报",
        "text": BODY,
        "lang": "zh-Hans",
        "lang_confidence": 0.99,
        "charset": {"used": "utf-8", "replaced": 0},
        "published_at": AT - timedelta(hours=3),
        "published_precision": "minute",
        "date_conflict": False,
        "fetched_at": AT,
        "canonical_id": None,
        "revision": 1,
    } | changes


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"text": "已办结。"}, "short"),
        ({"text": "é¢†å¯¼è®²è¯\x9dä¼šè®®" * 30}, "mojibake"),
        ({"charset": {"used": "gb18030", "replaced": 3}}, "mojibake"),
        ({"text": "首页\n新闻中心\n政务公开\n互动交流\n办事服务大厅\n" * 12}, "like a menu"),
        ({"published_at": AT + timedelta(days=3)}, "date in the future"),
        ({"published_at": None}, "no date"),
        ({"title": ""}, "no title"),
        ({"lang_confidence": 0.4}, "language unsure"),
    ],
)
def test_what_is_odd_about_a_document_is_named(changes: dict[str, Any], why: str) -> None:
    assert not suspicions(row(), RULES)
    assert [name for name in suspicions(row(**changes), RULES) if name.startswith(why)]


def test_the_ten_most_suspicious_come_with_the_gravest_first() -> None:
    rows = [row(n, published_at=None) for n in range(30)] + [row(99, charset={"used": "gb18030", "replaced": 9})]
    found = figures(rows, RULES)
    assert len(found.suspects) == RULES.suspicious == 10
    assert found.suspects[0].doc_id == row(99)["doc_id"]


def test_documents_and_reposts_are_counted_apart_and_a_revision_has_no_latency() -> None:
    found = figures([row(1), row(2, canonical_id="1"), row(3, revision=2), row(4, published_precision="day")], RULES)
    assert (found.by_source["sample"], found.reposts["sample"], found.latency.total()) == (3, 1, 1)
    assert found.latency["1–6 h"] == 1


def page() -> str:
    """A night with everything in it, names that are long and words that would be markup."""
    sources = [
        SourceReport(source_id=f"city_bureau_with_a_long_name_{n}", listed=40, fetched=30, skipped={"known": 10},
                     documents=20 + n, reposts=5, rejected={"too_short": 5 - n}, unchanged=0)
        for n in range(5)
    ]  # fmt: skip
    sources.append(
        SourceReport(
            source_id="broken", cause="blocked:ruishu", detail="answered 412 <script>alert(1)</script>", advice="Ask it by hand."
        )
    )  # fmt: skip
    alarm = Alarm(source_id="broken", trouble=Trouble.BLOCKED, grade=Grade.ALARM, since=date(2026, 1, 3), nights=3,
                  detail="answered 412", advice="Look at it in a browser")  # fmt: skip
    report = RunReport(
        run_id="20260105T180000Z-abcd", kind="nightly", started_at=AT, ended_at=AT + timedelta(minutes=9), version_before=3,
        version=4, rules_version="5f0c2a91b77e", sources=tuple(sources), alarms=(alarm,),
    )  # fmt: skip
    rows = [
        row(n, lang=("zh-Hans", "en")[n % 7 == 0], source_id=f"city_bureau_with_a_long_name_{n % 5}")
        for n in range(200)
    ]
    rows += [
        row(500, text="已办结。", url="https://news.example/" + "a" * 300),
        row(501, title="<b>标题</b>" * 9, published_at=None),
    ]
    earlier = [
        report.model_copy(update={"run_id": f"r{n:02}", "started_at": AT - timedelta(days=30 - n)}) for n in range(29)
    ]
    return html(report, figures(rows, RULES), earlier, RULES, {})


def test_what_broke_stands_once_with_its_alarm_and_says_no_word_twice() -> None:
    text = page()
    assert text.count("gongbao sources check broken") == 1
    assert "<small>alarm: blocked, since 2026-01-03, 3 nights</small>" in text
    assert "#alarms" not in text
    assert [plainly("truncated", detail) for detail in ("truncated", "truncated: at 4 kB", "at 4 kB")] == [
        "",
        "at 4 kB",
        "at 4 kB",
    ]


def test_the_page_asks_nothing_of_any_server_and_runs_no_script() -> None:
    text = page()
    assert "<script" not in text
    assert not [word for word in ("src=", "@import", "url(", "<link") if word in text]
    assert "&lt;script&gt;" in text


WORDS = {
    "en": ("needs a look", "What broke", "blocked:ruishu", "Documents to look at", "Languages", "Reposts by source",
           "Documents by source and run"),
    "zh": ("需要查看", "哪些来源出了问题", "被瑞数拦截", "待核对的文档", "语言", "各来源的转载数", "各来源每轮的文档数"),
}  # fmt: skip


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [1280, 390])
def test_it_can_be_read_at_a_desk_and_on_a_phone_in_each_language(
    browser: Any, width: int, language: str, tmp_path: Path
) -> None:
    file = tmp_path / "night.html"
    with speaking(language):
        file.write_text(page(), encoding="utf-8")
    sheet = browser.new_page(viewport={"width": width, "height": 900})
    asked: list[str] = []
    sheet.on("request", lambda request: asked.append(request.url))
    sheet.goto(file.as_uri())
    assert asked == [file.as_uri()]
    assert sheet.evaluate("document.documentElement.scrollWidth") <= width
    for words in WORDS[language]:
        assert sheet.get_by_text(words).first.is_visible(), words
    assert sheet.locator("html").get_attribute("lang") == TAGS[language]
    assert sheet.locator("text=gongbao why " + f"{500:032x}").is_visible()
    # Plots are drawn at about their own size: 12 px stay readable.
    assert sheet.evaluate("Math.min(...[...document.querySelectorAll('.plots svg')].map(s => s.clientWidth))") >= 330
    if folder := os.environ.get("SCREENSHOTS"):
        sheet.screenshot(path=f"{folder}/morning-{language}-{width}.png", full_page=True)
    sheet.close()


def test_the_page_of_a_run_that_failed_is_made_when_it_is_asked_for(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", store.url)
    monkeypatch.setenv("GONGBAO_HOME", str(tmp_path))
    standing._leave_report(store, "nightly", "20260105T180000Z-abcd", AT, AT, "the bucket is <full>")
    show("20260105T180000Z-abcd", tmp_path / "night.html")
    assert "the bucket is <full>" in capsys.readouterr().out
    told = (tmp_path / "night.html").read_text(encoding="utf-8")
    assert "the bucket is &lt;full&gt;" in told
    assert "needs a look" in told


def test_the_last_line_of_a_run_has_every_count_that_its_sums_need(capsys: pytest.CaptureFixture[str]) -> None:
    source = SourceReport(source_id="a", listed=9, fetched=3, skipped={"known": 4, "robots": 1}, failed={"dns": 1},
                          documents=2, unchanged=1)  # fmt: skip
    assert source.closes
    tell(
        RunReport(
            run_id="r", kind="nightly", started_at=AT, ended_at=AT, version_before=0, version=1, sources=(source,)
        )
    )
    said = capsys.readouterr().err
    assert "listed 9, fetched 3, skipped 5 in 0 s: 2 documents, 0 reposts, 1 unchanged, 0 rejected, 1 failed" in said
