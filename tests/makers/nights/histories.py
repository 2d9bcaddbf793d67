"""Histories of sources: articles, edits, withdrawals, and nights on which a site says something else than its articles.

Each page is HTML that goes the whole way, each night is published into a real store. What is true of each page is known,
so that after each night everything that must hold is asked of the corpus.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache

from pipeline.core.conservation import CrawlReport
from pipeline.core.models import Document, Outcome, Page, Rejected, Unchanged
from pipeline.core.source import Source, unknown
from pipeline.corpus.corpus import Corpus
from pipeline.documents import process
from pipeline.publish.publish import publish
from pipeline.publish.rules import PublishRules
from pipeline.rules import Rules
from pipeline.store import fetches, keys, staging
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import WORDS
from tests.makers.places import ROOT

BEGIN = datetime(2026, 3, 1, 18, tzinfo=UTC)
RULES, LIMITS = Rules.load(ROOT / "config"), PublishRules.load(ROOT / "config")
SITE = "青澜市人民政府"
MENU = "<div class='nav'>" + "".join(f"<a href='/{at}/'>{name}</a>" for at, name in enumerate(("首页", "政务公开", "办事服务", "互动交流"))) + "</div>"  # fmt: skip
TROUBLES = {
    "maintenance": "<h2>系统维护</h2><p>系统正在维护升级，预计于明日八时恢复，给您带来不便敬请谅解。</p>",
    "session": "<p>您的会话已经过期，请返回首页重新进入系统。</p>",
    "rights": "<h1>温馨提醒</h1><p>您无权访问当前内容，请联系管理员开通权限，编号{number}。</p>",
    "soft_404": "<p>您访问的页面不存在或已被删除。</p>",
    "trace": "<h1>Server Error in '/' Application.</h1><pre>System.NullReferenceException: Object reference not set\n"
    "   at Portal.Detail.Page_Load(Object sender, EventArgs e) in d:\\web\\Detail.aspx.cs:line 31\n</pre>",
}


@dataclass(slots=True)
class Article:
    """One article: what it says now, and what its visits must have led to."""

    number: int
    title: str
    paragraphs: list[str]
    gone: bool = False
    text: str = ""  # what the corpus must hold
    cut: bool = False  # what it says now keeps little of that
    visits: list[str] = field(default_factory=list)  # how each ended: good, held, gone, or the name of a trouble


@cache
def _read(url: str, status: int, body: str, title: str) -> Document | Rejected:
    """What the way of a page makes of it; most visits bring what was there before."""
    page = Page(
        url=url, requested_url=url, source_id="unknown", status=status, headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=body.encode(), fetched_at=BEGIN, listed_title=title,
    )  # fmt: skip
    outcome = process(page, unknown(), RULES)
    assert not isinstance(outcome, Unchanged)
    return outcome


def words(rng: random.Random, count: int) -> str:
    """So many characters of random words."""
    return "".join(rng.choices(WORDS, k=count))


class History:
    """One source through its nights."""

    def __init__(self, number: int, seed: int) -> None:
        self.id, self.rng = f"s{number:04}", random.Random(f"{seed} {number}")
        host = f"s{number}.example.gov.cn"
        self.source = Source.model_validate(
            {"id": self.id, "name": SITE, "tier": "gov", "hosts": [host],
             "listings": [{"url": f"https://{host}/", "family": "trs"}], "revisit": {"after_days": [1, 2, 4]}}
        )  # fmt: skip
        self.host, self.articles, self.trouble, self.left = host, list[Article](), "", 0

    def night(self, day: int, at: datetime) -> Iterator[tuple[Article, str, Page, Outcome]]:
        """The visits of a night, and how each must end."""
        rng = self.rng
        self.left -= 1
        if self.left <= 0:
            self.trouble = ""
            if rng.random() < 0.25:  # an outage of one to three nights
                self.trouble, self.left = rng.choice(list(TROUBLES)), rng.randint(1, 3)
        for article in self.articles:
            self._change(article)
        for _ in range(rng.randint(0, 2) if day < 3 else 0):
            number = len(self.articles)
            title = f"{words(rng, 6)}{rng.choice(('工作会议召开', '情况通报', '建设项目验收', '管理规定印发'))}"
            self.articles.append(
                Article(number, title, [words(rng, rng.randint(30, 90)) + "。" for _ in range(rng.randint(2, 7))])
            )
        for article in self.articles:
            if not article.visits or rng.random() < 0.6:
                yield self._visit(article, at)

    def _change(self, article: Article) -> None:
        """An edit that keeps most, one that does not, a withdrawal; or nothing."""
        rng, chance = self.rng, self.rng.random()
        if article.gone or not article.text or article.cut:
            return
        if chance < 0.08:
            article.paragraphs.append(words(rng, 40) + "。")
        elif chance < 0.12 and len(article.paragraphs) > 3:
            article.paragraphs.pop()
        elif chance < 0.16:
            article.paragraphs[0] = article.paragraphs[0][:-6] + words(rng, 5) + "。"
        elif chance < 0.19 and len("".join(article.paragraphs)) > 120:
            article.paragraphs, article.cut = [f"{article.title}一文内容有误，现予更正，{words(rng, 8)}。"], True
        elif chance < 0.21:
            article.gone = True

    def _visit(self, article: Article, at: datetime) -> tuple[Article, str, Page, Outcome]:
        rng = self.rng
        trouble = self.trouble or (rng.choice(list(TROUBLES)) if rng.random() < 0.08 else "")
        if not trouble and not article.gone and rng.random() < 0.06:
            trouble = "truncated"
        if [*article.visits[-2:], trouble] == ["soft_404"] * 3:
            trouble = ""  # a fourth in a row is the publisher's doing
        status, body = (404, "<p>404</p>") if article.gone and not trouble else (200, self._html(article, trouble))
        url = f"https://{self.host}/t20260301_{article.number}.html"
        page = Page(
            url=url, requested_url=url, source_id=self.id, status=status, headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=body.encode(), fetched_at=at + timedelta(seconds=article.number), listed_title=article.title,
        )  # fmt: skip
        read = _read(url, status, body, article.title)
        return (
            article,
            trouble or ("gone" if article.gone else "good"),
            page,
            replace(read, source_id=self.id, fetched_at=page.fetched_at),
        )

    def _html(self, article: Article, trouble: str) -> str:
        head = f"<html><head><title>{SITE}</title></head><body>{MENU}"
        if trouble in TROUBLES:
            return f"{head}{TROUBLES[trouble].format(number=self.rng.randrange(10**6))}</body></html>"
        lines = "".join(f"<p>{line}</p>" for line in article.paragraphs)
        byline = "<div class='info'>发布时间：2026-03-01 来源：青澜日报</div>"
        whole = f"{head}<h1>{article.title}</h1>{byline}<div class='content'>{lines}</div></body></html>"
        return whole[: self.rng.randrange(whole.index("</h1>"), len(whole) - 12)] if trouble == "truncated" else whole


def live(store: Store, count: int, nights: int, seed: int = 0) -> Iterator[str]:
    """Publish so many sources for so many nights; every broken promise, in words, and nothing else."""
    histories = [History(number, seed) for number in range(count)]
    sources = {each.id: each.source for each in histories}
    for day in range(nights):
        at, run_id = BEGIN + timedelta(days=day), f"run{day:03}"
        visits = {each.id: list(each.night(day, at)) for each in histories}
        staged = [(page, outcome) for each in visits.values() for _, _, page, outcome in each]
        staging.write(store, keys.staged_file(run_id, "landing/x.warc.gz"), staged)
        crawls = [
            CrawlReport(run_id=run_id, source_id=id_, started_at=at, ended_at=at, listed=len(each), fetched=len(each))
            for id_, each in visits.items()
        ]
        publish(store, run_id, at, crawls, sources, RULES.dedupe, LIMITS)
        rows = {row["url"]: row for row in Corpus.open(store).scan().collect().to_dicts()}
        log = fetches.table(store).scan().collect().to_dicts()
        flags = {row["url"]: row["flag"] for row in log if row["run_id"] == run_id}
        for each in visits.values():
            for article, kind, page, outcome in each:
                for wrong in _judged(article, kind, page, outcome, rows.get(page.url), flags.get(page.url)):
                    yield f"night {day}, {page.url}: {wrong}"


def _judged(
    article: Article, kind: str, page: Page, outcome: Outcome, row: dict[str, object] | None, flag: str | None
) -> Iterator[str]:
    """What of a visit's promises does not hold; the article remembers what the corpus must hold from now on."""
    text = str(row["text"]) if row and not row["withdrawn_at"] else ""
    before = article.visits[-1] if article.visits else ""
    article.visits.append(kind)
    if kind == "gone":
        if text and before == "gone":
            yield "is gone and stands"
        article.text = text
        return
    if kind == "truncated" and article.text and text.startswith(article.text):
        article.text = text  # what was added to it broke off: it is better than what was held
    if kind != "good":
        if article.text and text != article.text:
            yield f"{kind} made of it {text[:40]!r}"
        return
    assert isinstance(outcome, Document), (page.url, outcome)
    if article.cut:
        article.visits[-1] = "held"
        wanted = "question" if before == "held" else "held"
        if text != article.text:
            yield "a revision that keeps little was published"
        if flag != wanted:
            yield f"a revision that keeps little is {flag}, and not {wanted}"
        return
    if text != outcome.text:
        yield f"what it says is not published: {text[:30]!r} for {outcome.text[:30]!r}"
    article.text = outcome.text
