"""The sample sites tell the truth about themselves, answer like real servers, and misbehave as asked."""

import gzip
import http.client
import json
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date, datetime, time, timedelta
from html import unescape
from pathlib import Path
from time import perf_counter, process_time
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import opencc
import pytest

from flows.samples.articles import Article, Truth, fold
from flows.samples.dates import alike, dated, mark
from flows.samples.faults import bomb
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.sites.html import Resource
from flows.samples.truth_check import compare
from flows.samples.world import World
from pipeline.core.dates import SHANGHAI
from pipeline.core.source import load_all

BASE = date(2026, 3, 20)
READING = re.compile(r"\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜüńňǹḿê̄ếê̌ề]+\)")


@pytest.fixture(scope="module")
def world() -> World:
    return World(0, BASE)


@pytest.fixture(scope="module")
def serving(world: World) -> Iterator[Running]:
    with serve(world, dict.fromkeys((*SITES, "control"), 0)) as running:
        yield running


@pytest.fixture
def sites(serving: Running) -> Iterator[Running]:
    yield serving
    serving.night = 0
    serving.behave()
    serving.requests.clear()


def get(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urlopen(
            Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        ) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read()


def page_text(resource: Resource) -> str:
    charset = (
        "utf-8"
        if b"charset=utf-8" in resource.body.lower() or b'charset="utf-8"' in resource.body.lower()
        else "gb18030"
    )
    text = resource.body.decode(charset)
    return fold(unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", "", text, flags=re.S)))


def documents(truth: list[Truth], running: Running) -> list[dict[str, Any]]:
    """What a perfect corpus would hold."""
    return [
        {
            "url": running.url(page.site, page.path),
            "title": page.title,
            "text": "\n".join(page.paragraphs),
            "published_at": page.published.isoformat(),
            "publisher": page.publisher,
            "lang": page.lang,
            "published_precision": page.precision,
            "author": page.author,
            "editor": page.editor,
            "document_number": page.number,
            "index_number": page.index,
            "issuer": page.issuer,
            "topic": page.topic,
            "validity": page.validity,
            "signed_on": page.signed,
            "attachments": [{"name": name, "url": f"http://x/{file}"} for name, file in page.attachments],
            "doc_id": page.key,
            "canonical_id": page.repeats,
            "withdrawn_at": BASE if page.state == "withdrawn" else None,
        }
        for page in truth
        if not page.rejected
    ]


def test_the_same_seed_gives_the_same_world_and_another_seed_another(world: World) -> None:
    again, other = World(0, BASE), World(1, BASE)
    assert [asdict(page) for page in again.truth(2)] == [asdict(page) for page in world.truth(2)]
    assert again.served("farm", 2) == world.served("farm", 2)
    assert {page.title for page in other.truth(2)}.isdisjoint(
        page.title for page in world.truth(2) if page.lang == "zh-Hant"
    )


DAYS = (
    *(date(2026, 11, 23) + timedelta(days=day) for day in range(60)),  # month ends, the year's end, New Year
    *(date(2024, month, day) for month, day in ((2, 28), (2, 29), (3, 1), (4, 30), (12, 31))),
    *(date(2026, 2, 16) + timedelta(days=day) for day in range(8)),  # Spring Festival
    date(2027, 2, 6), date(2025, 10, 1), date(1999, 12, 31), date(2000, 1, 1), date(2100, 3, 1),
)  # fmt: skip


def shape(world: World) -> list[object]:
    """A world without its dates: what is said, how long before its last night, what repeats, is edited or withdrawn."""
    place = {posting.key: number for number, posting in enumerate(world.postings)}

    def said(article: Article) -> object:
        texts = "\n".join((article.title, article.number, article.index, *article.paragraphs, *article.captions))
        plain = re.sub(r"(20|19|21)\d\d|\d+(?=[年月日—])|[A-Z][a-z]+day\b", "", texts)
        return plain, article.editor, article.author, article.published - datetime.combine(world.base, time(), SHANGHAI)

    return [
        (
            said(one.article), one.edited and (one.edited[0], said(one.edited[1])), one.since, one.withdrawn, one.form,
            one.parts, one.pinned, one.rejected, place[one.repeats] if one.repeats else None,
        )
        for one in world.postings
    ]  # fmt: skip


def links(world: World) -> list[list[int]]:
    """Which articles each page leads to."""
    paths = {(posting.site, posting.path): number for number, posting in enumerate(world.postings)}
    bodies = [(one.site, world.served(one.site, one.since)[one.path]) for one in world.postings]
    found = [(site, re.findall(rb"""["'](/[^"'#]+)["']""", entry.body)) for site, entry in bodies]  # type: ignore[union-attr]
    return [
        [paths[key] for each in hrefs if (key := (site, each.decode("ascii", "ignore"))) in paths]
        for site, hrefs in found
    ]


def test_the_world_is_the_same_on_every_day_and_only_its_dates_move(world: World) -> None:
    expected = shape(world)
    for day in DAYS:
        moved = World(0, day)
        assert shape(moved) == expected, day
        assert len({posting.key for posting in moved.postings}) == len(expected), day
        own = [(one.site, one.article.title) for one in moved.postings if not one.repeats]
        assert len(set(own)) == len(own), day


def test_pages_lead_to_the_same_articles_on_every_day(world: World) -> None:
    assert sum(map(len, links(world))) > 500
    for day in DAYS[:: len(DAYS) // 6]:
        assert links(World(0, day)) == links(world), day


def test_dates_are_read_on_the_calendar_that_a_world_is_given() -> None:
    text = "".join(mark(word, 1) + "|" for word in ("date", "month_day", "day", "past_year", "past_month", "weekday"))
    assert dated(text, date(2024, 3, 1)) == "2024年2月29日|2月29日|29日|2024|1|Thursday|"
    assert dated(text, date(2027, 1, 2)) == "2027年1月1日|1月1日|1日|2026|12|Friday|"
    assert dated(mark("year", 1), date(2027, 1, 1)) == "2026"
    assert alike(mark("past_month", 1)) == alike(mark("past_month", 2)) != alike(mark("date", 2))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_seed_gives_a_whole_world_whatever_the_day(seed: int) -> None:
    truth = World(seed, date(2025, 1, 2 + seed)).truth(2)
    assert len(truth) >= 400
    assert sum(page.repeats is not None for page in truth) >= 50


def test_a_world_is_made_in_three_seconds() -> None:
    started = process_time()  # of this process alone, however busy the machine is
    fresh = World(7, BASE)
    for site in SITES:
        fresh.served(site, 0)
    assert process_time() - started < 3


def test_there_are_four_hundred_pages_and_every_night_brings_new_ones_to_most_sites(world: World) -> None:
    nights = [world.truth(night) for night in range(3)]
    assert len(nights[2]) >= 400
    assert len(nights[0]) >= 200
    for night in (1, 2):
        states = Counter(page.state for page in nights[night])
        assert states["new"] >= 50
        assert states["edited"] >= 1
        assert len({page.site for page in nights[night] if page.state == "new"}) >= 9
    assert sum(page.state == "withdrawn" for page in nights[2]) == 1


def test_reposts_turn_up_on_the_same_night_later_and_before_their_original(world: World) -> None:
    since = {posting.key: posting.since for posting in world.postings}
    lags = Counter(
        (posting.since > since[posting.repeats]) - (posting.since < since[posting.repeats])
        for posting in world.postings
        if posting.repeats
    )
    assert min(lags[-1], lags[0], lags[1]) >= 3
    assert all(posting.site != posting.repeats.partition(":")[0] for posting in world.postings if posting.repeats)


def test_nothing_is_dated_on_the_day_of_the_last_night_or_later(world: World) -> None:
    assert max(page.published for page in world.truth(2)).astimezone(SHANGHAI).date() < BASE
    assert max(page.published for page in world.truth(0)).astimezone(SHANGHAI).date() < world.today(0)


@pytest.mark.parametrize("site", SITES)
def test_every_paragraph_and_title_of_the_truth_stands_on_its_page(world: World, site: str) -> None:
    simplified = opencc.OpenCC("t2s").convert
    pages = [page for page in world.truth(2) if page.site == site and page.state != "withdrawn"]
    assert pages
    parts = {posting.path: posting.parts for posting in world.postings}
    for page in pages:
        served = world.served(site, 2)
        stem, dot, ending = page.path.rpartition(".")
        further = [
            path
            for path in served
            if parts[page.path] > 1 and re.fullmatch(re.escape(stem) + r"[-_]\d+" + re.escape(dot + ending), path)
        ]
        resources = [served[path] for path in (page.path, *further)]
        text = "".join(page_text(resource) for resource in resources if isinstance(resource, Resource))
        if site == "farm":
            text = simplified(READING.sub("", text))
        missing = [line for line in (page.title, *page.paragraphs) if fold(line) not in text]
        assert not missing, (page.key, missing)


def test_originals_differ_from_each_other_as_news_of_different_days_does(world: World) -> None:
    """Character 5-shingles; series that differ in numbers alone are what deduplication must keep apart by itself."""
    prose = [
        posting
        for posting in world.postings
        if not posting.repeats
        and not posting.rejected
        and not posting.article.number
        and len("".join(posting.article.paragraphs)) > 350
    ]
    series = re.compile("空气质量|天气预报|钢材价格指数|成品油价格|行业运行情况|节能审查的批复|任前公示|名单的公示")
    shingles = []
    for posting in prose:
        text = fold("".join(posting.article.paragraphs))
        if not series.search(posting.article.title):
            shingles.append({text[start : start + 5] for start in range(len(text) - 4)})
    assert len(shingles) > 200
    closest = max(
        len(one & other) / len(one | other) for place, one in enumerate(shingles) for other in shingles[:place]
    )
    assert closest < 0.35


def test_bulletins_of_a_series_are_alike_and_yet_none_equals_another(world: World) -> None:
    oil = [page for page in world.truth(2) if "成品油价格" in page.title]
    assert len(oil) >= 5
    assert len({page.paragraphs for page in oil}) == len(oil)
    assert len({re.sub(r"[\d.]+|[上下]调", "", "".join(page.paragraphs[:1])) for page in oil}) == 1


@pytest.mark.parametrize("site", SITES)
@pytest.mark.parametrize("night", range(3))
def test_every_article_that_stands_is_listed_and_none_that_does_not(world: World, site: str, night: int) -> None:
    served = world.served(site, night)
    postings = [posting for posting in world.postings if posting.site == site]
    stems = tuple(posting.path.removesuffix(".html") for posting in postings)  # of articles and of their further parts
    lists = [entry for path, entry in served.items() if not path.startswith(stems) and isinstance(entry, Resource)]
    lists += [
        entry({"columnid": column, "unitid": unit, "startrecord": "1", "endrecord": "60", "perpage": "20"})
        for entry in served.values()
        if not isinstance(entry, Resource)
        for column, unit in (("61490", "247686"), ("61493", "247691"), ("61502", "247703"))
    ]
    lists += [
        entry({"cid": cid, "page": number})
        for entry in served.values()
        if not isinstance(entry, Resource)
        for cid in "37"
        for number in "12"
    ]
    text = "\n".join(unescape(resource.body.decode("gb18030", "replace")) for resource in lists)
    for posting in postings:
        named = posting.path.rsplit("/", 1)[1] in text
        assert named == bool(posting.on(night)), posting.key


def test_the_paper_declares_gb2312_and_uses_characters_beyond_it(world: World) -> None:
    pages = [
        entry.body
        for path, entry in world.served("paper", 2).items()
        if path.startswith("/n2/") and isinstance(entry, Resource)
    ]
    assert all(b"charset=gb2312" in body for body in pages)
    beyond = [body for body in pages if "�" in body.decode("gb2312", "replace")]
    assert len(beyond) >= 5
    assert all("�" not in body.decode("gb18030") for body in pages)


def test_the_farm_annotates_the_characters_that_changed(world: World) -> None:
    forms = Counter(posting.form for posting in world.postings if posting.site == "farm")
    assert min(forms["pinyin"], forms["captions"], forms[""]) >= 4
    posting = next(posting for posting in world.postings if posting.form == "pinyin" and posting.site == "farm")
    resource = world.served("farm", 2)[posting.path]
    assert isinstance(resource, Resource)
    assert len(READING.findall(resource.body.decode())) > 50


def test_every_source_validates_and_points_at_its_site(sites: Running, tmp_path: Path) -> None:
    write_sources(sites, tmp_path)
    sources = load_all(tmp_path)
    assert {source.id for source in sources} == set(SITES)
    for source in sources:
        assert all(listing.url.startswith(sites.url(source.id)) for listing in source.listings)
        for listing in source.listings:
            status, _, body = get(listing.url)
            assert status == 200
            assert body
        paths = [posting.path for posting in sites.world.postings if posting.site == source.id]
        assert all(re.search(source.article.match, path) for path in paths)


def test_static_pages_answer_304_until_they_change(sites: Running) -> None:
    static = [posting for posting in sites.world.postings if posting.edited and posting.site != "association"]
    edited = static[0]
    url = sites.url(edited.site, edited.path)
    _, headers, first = get(url)
    assert get(url, If_None_Match=headers["ETag"])[0] == 304
    assert get(url, If_Modified_Since=headers["Last-Modified"])[0] == 304
    sites.night = 2
    status, later, second = get(url, If_None_Match=headers["ETag"])
    assert (status, second != first) == (200, True)
    assert later["Last-Modified"] != headers["Last-Modified"]


def test_most_pages_of_a_night_stay_as_they_were(world: World) -> None:
    same = [page for page in world.truth(1) if page.state == "same" and page.site != "association"]
    assert all(world.served(page.site, 0)[page.path] == world.served(page.site, 1)[page.path] for page in same)


def test_a_withdrawn_article_is_404_from_its_night_on(sites: Running) -> None:
    gone = next(page for page in sites.world.truth(2) if page.state == "withdrawn")
    assert get(sites.url(gone.site, gone.path))[0] == 200
    sites.night = 2
    assert get(sites.url(gone.site, gone.path))[0] == 404


def test_head_post_and_gzip_are_answered_like_a_server_does(sites: Running) -> None:
    host = sites.url("province", "").removeprefix("http://")
    connection = http.client.HTTPConnection(host)
    connection.request("HEAD", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.read()) == (200, b"")
    body = "col=1&appid=1&webid=39&path=/&columnid=61490&unitid=247686"
    connection.request(
        "POST",
        "/module/web/jpage/dataproxy.jsp?startrecord=2&endrecord=4&perpage=3",
        body,
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert connection.getresponse().read().count(b"<record>") == 3
    connection.request("GET", f"/module/web/jpage/dataproxy.jsp?page=2&perpage=5&{body}&webname={quote('南屏')}")
    assert connection.getresponse().read().count(b"<record>") == 5
    connection.close()
    _, headers, packed = get(sites.url("council"), Accept_Encoding="gzip")
    assert headers["Content-Encoding"] == "gzip"
    assert "中央政策信息网" in gzip.decompress(packed).decode()


def test_an_unknown_page_of_the_old_list_is_its_first_page(sites: Running) -> None:
    assert (
        get(sites.url("association", "/list.asp?cid=7&page=99"))[2]
        == get(sites.url("association", "/list.asp?cid=7"))[2]
    )


def test_requests_are_counted_by_site_and_path(sites: Running) -> None:
    get(sites.url("company", "/news/list-1.html"))
    get(sites.url("company", "/news/list-1.html"))
    assert sites.requests["company", "/news/list-1.html"] == 2


def test_robots_txt_is_there_and_one_has_rules(sites: Running) -> None:
    bodies = {site: get(sites.url(site, "/robots.txt")) for site in SITES}
    assert all(status == 200 for status, _, _ in bodies.values())
    assert b"Crawl-delay" in bodies["harbour"][2]
    assert any(page.rejected == "robots" and page.path.startswith("/gia/members/") for page in sites.world.truth(0))


@pytest.mark.parametrize(
    ("fault", "status", "mark"),
    [
        ("404", 404, "404"),
        ("soft_404", 200, "页面不存在"),
        ("500", 500, "Internal"),
        ("503", 503, "系统繁忙"),
        ("412", 412, "$_ts"),
        ("521", 521, "_clearance"),
        ("no_links", 200, "栏目列表"),
    ],
)
def test_a_fault_answers_with_its_status_and_mark(sites: Running, fault: str, status: int, mark: str) -> None:
    sites.misbehave("ministry", fault)
    found, headers, body = get(sites.url("ministry", "/gzdt/"))
    assert found == status
    assert mark in body.decode()
    assert (fault != "503") or headers["Retry-After"] == "1"
    assert (fault != "521") or headers["Set-Cookie"].startswith("__jsluid")
    assert get(sites.url("ministry", "/robots.txt"))[0] == 200
    sites.behave("ministry")
    assert get(sites.url("ministry", "/gzdt/"))[0] == 200


def test_a_fault_strikes_only_the_paths_of_its_pattern(sites: Running) -> None:
    sites.misbehave("ministry", "500", path="/zcwj/*")
    assert get(sites.url("ministry", "/zcwj/"))[0] == 500
    assert get(sites.url("ministry", "/gzdt/"))[0] == 200


def test_a_truncated_body_is_shorter_than_it_says(sites: Running) -> None:
    sites.misbehave("ministry", "truncated")
    with pytest.raises(http.client.IncompleteRead):
        get(sites.url("ministry", "/gzdt/"))


def test_slow_bytes_trickle(sites: Running) -> None:
    sites.misbehave("farm", "slow", chunk=1000, pause=0.02)
    started = perf_counter()
    _, _, body = get(sites.url("farm", "/zixun/list_1.html"))
    assert perf_counter() - started > len(body) / 1000 * 0.02 * 0.8


def test_a_redirect_loop_never_arrives(sites: Running) -> None:
    sites.misbehave("farm", "redirect_loop")
    with pytest.raises((HTTPError, AssertionError)):
        assert get(sites.url("farm", "/zixun/list_1.html"))[0] == 200


def test_a_wrong_charset_header_contradicts_the_bytes(sites: Running) -> None:
    sites.misbehave("paper", "wrong_charset")
    _, headers, body = get(sites.url("paper", "/GB/375547/index.html"))
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "今日临澜" in body.decode("gb18030")


def test_a_big_page_has_fifty_megabytes(sites: Running) -> None:
    sites.misbehave("company", "big_page")
    assert len(get(sites.url("company"))[2]) == 50_000_000


def test_the_gzip_bomb_is_small_and_expands_to_what_it_says(sites: Running) -> None:
    small = bomb(3_200_000)
    assert gzip.decompress(small) == b" " * 3_200_000
    sites.misbehave("company", "gzip_bomb")
    packed = get(sites.url("company"))[2]
    assert len(packed) < 1_000_000
    assert len(zlib.decompressobj(31).decompress(packed, 60_000_000)) == 60_000_000


def test_robots_txt_can_fail_alone(sites: Running) -> None:
    sites.misbehave("farm", "robots_500")
    assert get(sites.url("farm", "/robots.txt"))[0] == 500
    assert get(sites.url("farm"))[0] == 200


def test_an_unknown_fault_or_site_is_refused(sites: Running) -> None:
    with pytest.raises(ValueError, match="no fault"):
        sites.misbehave("farm", "nonsense")


def test_another_process_turns_the_night_and_orders_faults_through_the_control_port(sites: Running) -> None:
    order = {"night": 1, "misbehave": [{"site": "farm", "fault": "500"}]}
    with urlopen(Request(sites.control, data=json.dumps(order).encode())) as answer:
        state = json.load(answer)
    assert (state["night"], sites.night) == (1, 1)
    assert get(sites.url("farm"))[0] == 500
    with urlopen(Request(sites.control, data=b'{"behave": true}')):
        assert get(sites.url("farm"))[0] == 200
    assert get(sites.control)[0] == 200
    with pytest.raises(HTTPError):
        urlopen(Request(sites.control, data=b'{"misbehave": [{"site": "farm", "fault": "no such"}]}'))


@pytest.mark.parametrize("night", range(3))
def test_a_corpus_equal_to_the_truth_is_perfect(sites: Running, night: int) -> None:
    truth = sites.world.truth(night)
    comparison = compare(truth, documents(truth, sites), sites.url)
    assert comparison.perfect, comparison.text()
    assert "every one as it should be" in comparison.text()


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("title", {"title": "别的标题"}),
        ("body", {"text": "别的正文"}),
        ("published_at", {"published_at": "2020-01-01T00:00:00+08:00"}),
        ("publisher", {"publisher": ""}),
        ("lang", {"lang": "ja"}),
        ("published_precision", {"published_precision": "month"}),
        ("author", {"author": "发布时间"}),
        ("editor", {"editor": "某人"}),
        ("document_number", {"document_number": "产部规〔2026〕1号"}),
        ("index_number", {"index_number": "1/2026-1"}),
        ("issuer", {"issuer": "别的部"}),
        ("topic", {"topic": "别的"}),
        ("validity", {"validity": "失效"}),
        ("signed_on", {"signed_on": BASE}),
        ("attachments", {"attachments": [{"name": "附件", "url": "http://x/a.pdf"}]}),
        ("state", {"withdrawn_at": BASE}),
        ("cluster", {"canonical_id": "elsewhere"}),
    ],
)
def test_the_check_names_each_field_that_is_wrong(sites: Running, field: str, change: dict[str, Any]) -> None:
    truth = sites.world.truth(1)
    rows = documents(truth, sites)
    repost = next(place for place, row in enumerate(rows) if row["canonical_id"])
    rows[repost] |= change
    comparison = compare(truth, rows, sites.url)
    assert {wrong.field for wrong in comparison.wrong} == {field}
    assert field in comparison.text()


def test_the_check_names_what_is_missing_extra_or_wrongly_merged(sites: Running) -> None:
    truth = sites.world.truth(0)
    rows = documents(truth, sites)
    lonely = [row for row in rows if not row["canonical_id"] and row["doc_id"] not in {page.repeats for page in truth}]
    lonely[1]["canonical_id"] = lonely[2]["doc_id"]
    rejected = next(page for page in truth if page.rejected)
    rows.append(rows[0] | {"url": sites.url(rejected.site, rejected.path), "doc_id": "x"})
    rows.remove(lonely[0])
    comparison = compare(truth, rows, sites.url)
    assert comparison.missing == (lonely[0]["doc_id"],)
    assert comparison.extra == (sites.url(rejected.site, rejected.path),)
    assert [wrong.field for wrong in comparison.wrong] == ["cluster"]


def test_a_repost_that_came_first_may_be_the_canonical_one(sites: Running) -> None:
    truth = sites.world.truth(2)
    rows = {row["doc_id"]: row for row in documents(truth, sites)}
    first = next(page for page in truth if page.repeats and sum(other.repeats == page.repeats for other in truth) == 1)
    assert first.repeats
    rows[first.key]["canonical_id"], rows[first.repeats]["canonical_id"] = None, first.key
    assert compare(truth, rows.values(), sites.url).perfect


def test_captions_may_be_kept_or_dropped(sites: Running) -> None:
    truth = sites.world.truth(2)
    rows = documents(truth, sites)
    with_caption = next(page for page in truth if page.optional and not page.rejected)
    row = next(row for row in rows if row["doc_id"] == with_caption.key)
    row["text"] += "\n" + with_caption.optional[0]
    assert compare(truth, rows, sites.url).perfect
    strict = [replace(page, optional=()) for page in truth]
    assert compare(strict, rows, sites.url).of("body")
