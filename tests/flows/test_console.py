"""The console in a real browser, over a real store that the real pipeline filled: what it shows, and what it refuses."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from itertools import pairwise
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest

from pipeline.core.config import read
from pipeline.core.conservation import CrawlReport, RunReport, SourceReport
from pipeline.core.language import TAGS
from pipeline.core.observation import Alarm, Grade, Observation, Trouble
from pipeline.core.source import Source
from pipeline.core.urls import doc_id
from pipeline.corpus.beside import Beside, found, passages, sides
from pipeline.dedupe.rules import DedupeRules
from pipeline.documents import process
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.rules import Rules
from pipeline.store import keys, staging
from pipeline.store.landing import Capture, LandingWriter, read_all
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.servers.waiting import until

AT = datetime(2026, 1, 5, 18, tzinfo=UTC)
RUN = "20260105T180000Z-abcd"
BODY = [
    "青溪市供水管网改造工程昨日全线完工，沿线三个街道的居民用水压力明显改善，工程总投资二亿三千万元。",
    "工程历时两年，累计更换老旧管道四十八公里，新建加压泵站五座，沿途恢复道路和绿化十二万平方米。",
    "市水务局负责人介绍，下一步将建立管网巡查制度，每季度公布一次漏损率，接受市民监督和评议。",
    "沿线商户反映，施工期间围挡分段推进，夜间作业有专人值守，生意没有受到大的影响，大家都很理解。",
]
HOSTILE = '<script>document.title="owned";parent.owned=1</script><img src="https://evil.example/x.png" onerror="parent.owned=1">'


def html(title: str, lines: list[str], extra: str = "") -> bytes:
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    head = f'<meta charset="utf-8"><title>{title}</title><meta name="PubDate" content="2026-01-05 09:30">'
    body = f"<h1>{title}</h1><div class='content'>{paragraphs}<p>责任编辑：周小禾</p></div>{extra}"
    return f"<html><head>{head}</head><body><div><a href='/'>首页</a></div>{body}</body></html>".encode()


PAGES = {
    "bureau": ("供水管网改造工程全线完工", BODY, HOSTILE),
    "paper": ("青溪供水管网改造完工", [BODY[0], BODY[1].replace("新建加压", "新建了加压"), BODY[2]], ""),
    "shell": ("首页", [], ""),
    "hostile": ("&lt;script&gt;alert(1)&lt;/script&gt; 关于图书馆开放时间的通知",
                ["市图书馆自二月一日起调整开放时间，周一闭馆整理图书，其余各日延长至晚上九点，欢迎读者前来借阅。" + str(n) for n in range(4)],
                ""),
}  # fmt: skip
URLS = {name: f"https://{name}.example.com/art/2026/1/5/art_{n}.html" for n, name in enumerate(PAGES)}
IDS = {name: doc_id(url) for name, url in URLS.items()}


def source(name: str) -> Source:
    listing = {"url": f"https://{name}.example.com/", "family": "inbox"}
    tier = "gov" if name == "bureau" else "media"
    return Source.model_validate(
        {"id": name, "name": f"青溪{name}", "tier": tier, "hosts": [f"{name}.example.com"], "listings": [listing]}
    )


def fill(store: Store) -> None:
    """A night of three sources through landing, process and publish, and its report."""
    rules, crawls = Rules.load(ROOT / "config"), []
    known = {name: source(name) for name in PAGES}
    for name, (title, lines, extra) in PAGES.items():
        writer = LandingWriter(store=store, source_id=name, run_id=RUN, day=AT.date())
        writer.write(
            Capture(kind="article", url=URLS[name], requested_url=URLS[name], source_id=name, status=200,
                    headers=[("Content-Type", "text/html; charset=utf-8")], body=html(title, lines, extra), fetched_at=AT)
        )  # fmt: skip
        writer.close()
        pages = [page for _, page in read_all(store.get(writer.keys[0]), writer.keys[0])]
        staged = [(page, process(page, known[name], rules)) for page in pages]
        staging.write(store, keys.staged_file(RUN, writer.keys[0]), staged)
        crawls.append(CrawlReport(run_id=RUN, source_id=name, started_at=AT, ended_at=AT, listed=1, fetched=1))
    done = publish(
        store,
        RUN,
        AT,
        crawls,
        known,
        read(ROOT / "config" / "dedupe.yaml", DedupeRules),
        PublishRules.load(ROOT / "config"),
    )
    for night in range(20):
        began, last = AT - timedelta(days=19 - night), night == 19
        seen = [Observation(source_id=name, day=began.date(), links=20, pages=night % 5, documents=night % 5,
                            troubles=(Trouble.BLOCKED,) if last and name == "paper" else ()) for name in PAGES]  # fmt: skip
        alarm = Alarm(source_id="paper", trouble=Trouble.BLOCKED, grade=Grade.ALARM, since=began.date(), nights=1,
                      detail="answered 412 <b>now</b>", advice="The site turns us away. Nothing is bypassed: ask less often, ask for access, or take the news elsewhere.")  # fmt: skip
        report = RunReport(
            run_id=RUN if last else f"{began:%Y%m%dT%H%M%SZ}-0000", kind="nightly", started_at=began,
            ended_at=began + timedelta(minutes=3), version_before=0, version=1, observations=tuple(seen),
            sources=tuple(done.sources) if last and hasattr(done, "sources") else tuple(
                SourceReport(source_id=name, listed=2, fetched=1, skipped={"known": 1}, documents=1) for name in PAGES
            ),
            alarms=(alarm,) if last else (),
        )  # fmt: skip
        store.put(f"runs/{report.run_id}.json", report.model_dump_json().encode())


@dataclass(frozen=True)
class Console:
    """The command as a user runs it."""

    process: subprocess.Popen[str]
    port: int

    def get(self, path: str, method: str = "GET", host: str = "") -> tuple[int, dict[str, str], str]:
        asked = HTTPConnection("127.0.0.1", self.port)
        asked.request(method, path, headers={"Host": host} if host else {})
        answer = asked.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

    def search(self, words: str, more: str = "") -> str:
        """What is found once the index is made."""

        def asked() -> str:
            status, _, told = self.get(f"/documents?q={quote(words)}{more}")
            assert status == 200
            return "" if "being made" in told else told

        return until(asked, self.process)


@pytest.fixture(scope="module")
def console(s3: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    store = Store.open(f"s3://gongbao/{uuid4().hex}")
    fill(store)
    home = tmp_path_factory.mktemp("console")
    env = os.environ | {"GONGBAO_STORE": store.url, "GONGBAO_HOME": str(home)}
    command = [sys.executable, "-m", "flows.cli.main", "console"]
    process = subprocess.Popen(command, env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    said = process.stdout.readline()
    assert "http://127.0.0.1:" in said, said
    yield Console(process, int(said.strip().strip("/").rsplit(":", 1)[1]))
    process.send_signal(signal.SIGINT)
    assert process.wait() == 0


KINDS = {
    "sources": "/",
    "source": "/sources/paper",
    "runs": "/runs",
    "run": f"/runs/{RUN}",
    "documents": "/documents",
    "search": "/documents?q=%E7%AE%A1%E7%BD%91",
    "document": f"/documents/{IDS['bureau']}",
    "why": f"/documents/{IDS['bureau']}/why",
    "rejected": f"/documents/{IDS['shell']}",
    "clusters": "/clusters",
    "cluster": f"/clusters/{IDS['bureau']}",
    "missing": "/nowhere",
}
# The ratio of WCAG 2 between each text and the colour behind it.
CONTRAST = """() => {
  const light = c => { const v = c.match(/[\\d.]+/g).map(Number).slice(0, 3).map(x => x / 255)
    .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const behind = e => { for (; e; e = e.parentElement) { const b = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$|transparent/.test(b)) return b; } return 'rgb(255,255,255)'; };
  const poor = [];
  for (const e of document.body.querySelectorAll('*')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility() || e.closest('svg')) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(e.outerHTML.slice(0, 120));
  } return poor; }"""
# Words of ours that stand there in English: not those of a document, of a rule or of an identifier.
ENGLISH = """() => { const found = []; const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; n = walk.nextNode();) { const e = n.parentElement;
    if (e.closest('code, .rule, .far, svg, [lang=en], dl.fields, .lines, .name')) continue;
    if (/[a-z]{3,} [a-z]{2,}/i.test(n.data.replace(/（[a-z_:0-9]+）/g, ''))) found.push(n.data.trim()); }
  return found; }"""
ORDER = "() => [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])"
UNNAMED = """() => [...document.querySelectorAll('input,select')].filter(e => !e.labels.length)
  .concat([...document.querySelectorAll('th:not([scope]), iframe:not([title]), img:not([alt]), svg:not([aria-label])')])
  .map(e => e.outerHTML)"""


@pytest.mark.parametrize(
    ("width", "scheme", "language"),
    [(1280, "light", "en"), (390, "dark", "en"), (1280, "dark", "zh"), (390, "light", "zh")],
)
def test_every_page_can_be_read_at_a_desk_and_on_a_phone_in_each_language(
    console: Console, browser: Any, width: int, scheme: str, language: str
) -> None:
    sheet = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True, locale=f"{language}-CN"
    )
    told: list[str] = []
    asked: list[str] = []
    sheet.on("console", lambda message: told.append(message.text))
    sheet.on("pageerror", lambda error: told.append(str(error)))
    sheet.on("request", lambda request: asked.append(request.url))
    for name, path in KINDS.items():
        answer = sheet.goto(f"http://127.0.0.1:{console.port}{path}")
        assert answer.status == (404 if name == "missing" else 200), name
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width, name
        assert sheet.evaluate(CONTRAST) == [], name
        levels = sheet.evaluate(ORDER)
        assert levels.count(1) == 1, name
        assert levels[0] == 1, name
        assert all(after <= before + 1 for before, after in pairwise(levels)), name
        assert sheet.evaluate(UNNAMED) == [], name
        assert sheet.locator("html").get_attribute("lang") == TAGS[language], name
        if language == "zh":
            assert sheet.evaluate(ENGLISH) == [], name
        assert sheet.locator("header, main, header nav, footer").count() == 4, name
        if folder := os.environ.get("SCREENSHOTS"):
            sheet.screenshot(path=f"{folder}/console-{name}-{language}-{width}-{scheme}.png", full_page=True)
    assert [line for line in told if "404" not in line] == []
    assert all(url.startswith(f"http://127.0.0.1:{console.port}/") for url in asked)
    sheet.close()


def test_the_keyboard_comes_to_the_content_first(console: Console, browser: Any) -> None:
    sheet = browser.new_page()
    sheet.goto(f"http://127.0.0.1:{console.port}/")
    sheet.keyboard.press("Tab")
    assert sheet.evaluate("document.activeElement.textContent") == "Skip to the content"
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("document.activeElement.id") == "main"
    sheet.close()


def test_a_removed_line_stands_marked_beside_the_original_page_and_nothing_of_that_runs(
    console: Console, browser: Any
) -> None:
    sheet = browser.new_page(viewport={"width": 1280, "height": 900})
    sheet.goto(f"http://127.0.0.1:{console.port}{KINDS['why']}")
    removed = sheet.locator("li.removed", has_text="责任编辑：周小禾")
    assert removed.is_visible()
    assert "editor" in removed.locator(".rule").inner_text()
    frame = sheet.frame_locator("iframe")
    assert frame.locator("[data-gongbao-line=removed]", has_text="责任编辑").is_visible()
    assert frame.locator("[data-gongbao-line=kept]", has_text="供水管网").first.is_visible()
    assert sheet.evaluate("window.owned") is None
    assert frame.locator("script, img[src], [onerror]").count() == 0
    beside = sheet.locator("iframe").bounding_box()["x"] < removed.bounding_box()["x"]
    assert beside
    sheet.close()


def test_a_repost_stands_beside_its_canonical_document_with_what_differs_marked(console: Console, browser: Any) -> None:
    sheet = browser.new_page(viewport={"width": 1280, "height": 900})
    sheet.goto(f"http://127.0.0.1:{console.port}{KINDS['cluster']}")
    row = sheet.locator("ol.beside li", has_text="加压泵站")
    left, right = row.locator("> div").all()
    assert left.bounding_box()["x"] < right.bounding_box()["x"]
    assert left.bounding_box()["y"] == right.bounding_box()["y"]
    assert right.locator("ins").all_inner_texts() == ["了"]
    assert sheet.locator("ol.beside del", has_text="沿线商户").is_visible()
    sheet.close()


def test_a_chinese_word_is_found_and_a_hostile_title_is_only_words(console: Console) -> None:
    told = console.search("加压泵站")
    assert f"/documents/{IDS['bureau']}" in told
    assert "<mark>加压泵站</mark>" in told
    assert f"/documents/{IDS['hostile']}" not in told
    _, _, title = console.get(f"/documents/{IDS['hostile']}")
    assert "<script>" not in title
    assert "&lt;script&gt;alert(1)" in title
    assert "<b>now</b>" not in console.get("/")[2]


def test_a_search_keeps_to_the_source_that_was_asked_for(console: Console) -> None:
    told = console.search("加压泵站", "&source=bureau")
    assert f"/documents/{IDS['bureau']}" in told
    assert '<option value="bureau" selected>bureau' in told  # of which no file is configured
    assert "No document holds any of these words." in console.search("加压泵站", "&source=hostile")
    assert "past the end" in console.search("加压泵站", "&page=9")


@pytest.mark.parametrize(
    "query",
    ["%", '"', "a*", "NEAR(a", "😀", "\0", "中" * 5_000, "中 a " * 1_500, "http://", "http://[", "0" * 32, "²" * 32],
)
def test_no_question_is_too_odd(console: Console, query: str) -> None:
    assert console.get(f"/documents?q={quote(query)}")[0] in (200, 404)


@pytest.mark.parametrize("number", ["0", "-1", "x", "²", "٣", "99999", "1" * 50])
@pytest.mark.parametrize("path", ["/runs", "/documents", "/clusters"])
def test_no_number_of_a_page_is_too_odd(console: Console, path: str, number: str) -> None:
    status, _, told = console.get(f"{path}?page={quote(number)}")
    assert status == 200
    assert ("past the end" in told) == (number in ("٣", "99999"))


def test_a_rejected_page_tells_why(console: Console) -> None:
    status, headers, _ = console.get(f"/documents/{IDS['shell']}")
    assert (status, headers["location"]) == (303, f"/documents/{IDS['shell']}/why")
    assert "Rejected, " in console.get(headers["location"])[2]


def test_an_address_leads_to_its_document(console: Console) -> None:
    status, headers, _ = console.get("/documents?q=" + URLS["paper"])
    assert (status, headers["location"]) == (303, f"/documents/{IDS['paper']}")


def test_a_run_that_left_no_morning_report_has_one_all_the_same(console: Console) -> None:
    assert f"/runs/{RUN}/morning" in console.get(f"/runs/{RUN}")[2]
    status, _, told = console.get(f"/runs/{RUN}/morning")
    assert status == 200
    assert f"Run <code>{RUN}</code>" in told
    assert console.get("/runs/none/morning")[0] == 404


@pytest.mark.parametrize(
    "path", ["/nowhere", f"/documents/{'0' * 32}", "/documents/x/why", "/runs/none", "/sources/none", "/clusters/none"]
)  # fmt: skip
def test_what_is_not_there_is_said_so(console: Console, path: str) -> None:
    status, _, told = console.get(path)
    assert status == 404
    assert "Nothing here" in told


def test_only_this_machine_may_ask_and_only_to_read(console: Console) -> None:
    assert console.get("/", host="evil.example")[0] == 421
    assert console.get("/", host=f"localhost:{console.port}")[0] == 200
    assert console.get("/", method="POST")[0] == 405
    assert console.get("/", method="HEAD")[0] == 200
    for path in KINDS.values():
        assert "default-src 'none'" in console.get(path)[1]["content-security-policy"]
    policy = console.get(f"/documents/{IDS['bureau']}/original")[1]["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'")


def test_it_is_there_in_time_and_loads_no_prefect() -> None:
    code = "import sys, flows.web.console_server; print([m for m in ('prefect', 'scrapy', 'trafilatura') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout == "[]\n"


def test_passages_are_the_text_again_whatever_is_marked() -> None:
    text = "管網改造，管网完工"
    assert [(each.text, each.marked) for each in found(text, "管网")] == [
        ("管網", True), ("改造，", False), ("管网", True), ("完工", False)
    ]  # fmt: skip
    for spans in ([], [(0, 9)], [(2, 4), (3, 6)], [(8, 9), (0, 1)]):
        assert "".join(each.text for each in passages(text, spans)) == text
    assert [each.marked for each in sides(Beside("只在一边", ""))[0]] == [True]
