"""What sites send beside pages: cookies, refreshes, addresses of their own making, and ways inside."""

import codecs
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from scrapy.http import Response

from pipeline.core.conservation import CrawlReport
from pipeline.page.obstacles import Cause
from pipeline.store.landing import read_all
from pipeline.store.s3 import Store
from spiders.http.inner_hosts import allows, is_inside
from spiders.http.redirects import refresh
from tests.makers.crawls import crawl
from tests.makers.servers.loopback import Site, answers, article, listing, redirects, serve


@pytest.fixture
def site() -> Iterator[Site]:
    with serve(Site()) as served:
        yield served


def gate(page: str, closed: str, *, status: int = 302, headers: Mapping[str, str] | None = None):  # type: ignore[no-untyped-def]
    """The page to who brings the cookie; to others the cookie, and a way back to the same address."""

    def behave(handler) -> None:  # type: ignore[no-untyped-def]
        if "gate=1" in (handler.headers.get("Cookie") or ""):
            answers(page)(handler)
        else:
            answers(closed, status, {"Set-Cookie": "gate=1; Path=/", **(headers or {})})(handler)

    return behave


def whole(*paths: str) -> dict[str, str]:
    return {path: article(f"关于第{number}项安排的通知") for number, path in enumerate(paths)}


PATHS = ("/art/1.html", "/art/2.html", "/art/3.html")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_list_that_sets_a_cookie_and_leads_to_itself_is_read(site: Site, store: Store, status: int) -> None:
    site.pages = {
        "/list.html": gate(listing(*PATHS), "", status=status, headers={"Location": "/list.html"}),
        **whole(*PATHS),
    }
    assert crawl(site, store).fetched == 3


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        ("<html><head><meta http-equiv=refresh content='0; url=/list.html'></head></html>", {}),
        ("<html><head><meta http-equiv=refresh content='0'></head></html>", {}),
        ("<html></html>", {"Refresh": "0; url=/list.html"}),
        ("<html><script>location.reload()</script></html>", {}),
        ("<html><script>location.href = location.href</script></html>", {}),
        ("<html><script>window.location.replace('/list.html')</script></html>", {}),
    ],
)
def test_so_is_one_that_does_it_by_a_page(site: Site, store: Store, body: str, headers: dict[str, str]) -> None:
    site.pages = {"/list.html": gate(listing(*PATHS), body, status=200, headers=headers), **whole(*PATHS)}
    assert crawl(site, store).fetched == 3


def test_a_cookie_may_be_set_elsewhere_on_the_way(site: Site, store: Store) -> None:
    def door(handler) -> None:  # type: ignore[no-untyped-def]
        known = "gate=1" in (handler.headers.get("Cookie") or "")
        (answers(listing(*PATHS)) if known else redirects("/setcookie"))(handler)

    back = answers("", 302, {"Location": "/list.html", "Set-Cookie": "gate=1; Path=/"})
    site.pages = {"/list.html": door, "/setcookie": back, **whole(*PATHS)}
    assert crawl(site, store).fetched == 3


def test_articles_that_need_the_session_of_the_list_get_it(site: Site, store: Store) -> None:
    def wants_session(page: str):  # type: ignore[no-untyped-def]
        def behave(handler) -> None:  # type: ignore[no-untyped-def]
            known = "JSESSIONID=A1" in (handler.headers.get("Cookie") or "")
            answers(page if known else "会话已过期", 200 if known else 404)(handler)

        return behave

    start = answers(listing(*PATHS), headers={"Set-Cookie": "JSESSIONID=A1; Path=/; HttpOnly"})
    site.pages = {"/list.html": start, **{path: wants_session(page) for path, page in whole(*PATHS).items()}}
    report = crawl(site, store)
    assert report.fetched == 3
    for key in report.landing:
        assert b"JSESSIONID=A1" not in b"".join(
            line for line in _requests(store.get(key)) if line.lower().startswith(b"cookie")
        )


def _requests(data: bytes) -> list[bytes]:
    import gzip

    return gzip.decompress(data).splitlines()


@pytest.mark.parametrize("to", ["/list.html", "/other.html"])
def test_the_same_address_with_the_same_cookies_is_a_loop_found_at_once(site: Site, store: Store, to: str) -> None:
    site.pages = {"/list.html": redirects(to), "/other.html": redirects("/list.html")}
    assert crawl(site, store).cause == Cause.REDIRECT_LOOP
    assert site.times("/list.html") == 1


def test_a_page_that_reloads_itself_is_read(site: Site, store: Store) -> None:
    again = "<html><head><meta http-equiv=refresh content='3'></head>" + listing(*PATHS)
    site.pages = {"/list.html": again, **whole(*PATHS)}
    assert crawl(site, store).fetched == 3
    assert site.times("/list.html") == 1


def test_a_sources_own_cookie_goes_beside_those_that_the_site_sets(site: Site, store: Store) -> None:
    site.pages = {"/list.html": answers(listing(*PATHS), headers={"Set-Cookie": "a=1; Path=/"}), **whole(*PATHS)}
    crawl(site, store, fetch={"headers": {"Cookie": "own=2"}})
    sent = {path: headers.get("Cookie", "") for path, headers, _ in site.asked}
    assert sent["/list.html"] == "own=2"
    assert sorted(sent["/art/1.html"].split("; ")) == ["a=1", "own=2"]


# -- refreshes ----------------------------------------------------------------

REFRESH = "<meta http-equiv='refresh' content='0;url=/art/0.html'>"


@pytest.mark.parametrize(
    "body",
    [
        f"<html><head>{REFRESH}</head></html>".encode(),
        f"<html><head><!--{'x' * 6000}-->{REFRESH}</head></html>".encode(),
        f"<html><head><script>{'var a = 1;' * 9000}</script>{REFRESH}</head><body>x</body></html>".encode(),
        codecs.BOM_UTF16_LE + f"<html><head>{REFRESH}</head></html>".encode("utf-16-le"),
        codecs.BOM_UTF16_BE + f"<html><head>{REFRESH}</head></html>".encode("utf-16-be"),
        b"<META CONTENT='0; URL=/art/0.html' HTTP-EQUIV=Refresh>",
        b"<html><head><base href='/art/'><meta http-equiv=\"refresh\" content=\"1,url='0.html'\"></head>",
        b"<meta http-equiv=refresh content='0;/art/0.html'>",
    ],
)
def test_a_refresh_is_found_anywhere_in_the_head(body: bytes) -> None:
    response = Response("http://a.example/x", body=body, headers={"Content-Type": "text/html"})
    found = refresh(response)
    assert found
    assert found[1] == "http://a.example/art/0.html"


@pytest.mark.parametrize(
    "header", ["0; url=/art/0.html", "0;URL='/art/0.html'", "1, /art/0.html", "0.5; url=http://a.example/art/0.html"]
)
def test_a_refresh_may_be_a_header(header: str) -> None:
    found = refresh(Response("http://a.example/x", body=b"<html></html>", headers={"Refresh": header}))
    assert found
    assert found[1] == "http://a.example/art/0.html"


@pytest.mark.parametrize(
    "body",
    [
        f"<html><head><noscript>{REFRESH}</noscript></head></html>".encode(),
        f"<html><head><!-- {REFRESH} --></head></html>".encode(),
        f"<html><head></head><body>{REFRESH}</body></html>".encode(),
        b"<html><head><meta name=refresh content='0;url=/art/0.html'></head></html>",
        b"<html><body>http-equiv=refresh</body></html>",
    ],
)
def test_what_a_browser_does_not_follow_is_no_refresh(body: bytes) -> None:
    assert refresh(Response("http://a.example/x", body=body, headers={"Content-Type": "text/html"})) is None


# -- addresses inside ----------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fe80::1", "fd00:ec2::254",
     "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "224.0.0.1"],
)  # fmt: skip
def test_what_is_no_public_address_lies_inside(address: str) -> None:
    assert is_inside(address)
    assert not allows("news.example.cn", address, [])


def test_a_name_may_lead_inside_where_it_is_written_down_but_never_to_metadata() -> None:
    assert allows("news.example.cn", "10.0.0.5", ["news.example.cn"])
    assert not allows("sub.news.example.cn", "10.0.0.5", ["news.example.cn"])
    assert not allows("news.example.cn", "169.254.169.254", ["news.example.cn"])
    assert allows("169.254.1.1", "169.254.1.1", ["169.254.1.1"])
    assert allows("news.example.cn", "93.184.216.34", [])


@pytest.mark.parametrize("host", ["localhost", "[::1]", "127.1", "2130706433", "0x7f.1", "sub.127.0.0.1.invalid"])
def test_no_redirect_leads_inside(site: Site, store: Store, host: str) -> None:
    site.pages = {
        "/list.html": listing(*PATHS),
        **{path: redirects(f"http://{host}:{site.port}/secret") for path in PATHS},
        "/secret": article(),
    }
    report = crawl(site, store, hosts=[f"127.0.0.1:{site.port}", "never.example"])
    assert report.fetched == 0
    assert site.times("/secret") == 0


def test_a_subdomain_of_a_source_that_leads_inside_is_not_asked(
    site: Site, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **named: real("127.0.0.1" if host == "in.a.example" else host, *rest, **named),
    )
    site.pages = {
        "/list.html": listing(f"http://in.a.example:{site.port}/secret", "/art/1.html"),
        "/secret": article(),
        **whole("/art/1.html"),
    }
    report = crawl(site, store, hosts=[f"127.0.0.1:{site.port}", "a.example"])
    assert report.failed == {"inner_address": 1}
    assert site.times("/secret") == 0


def test_addresses_of_no_source_may_not_lead_inside(site: Site, store: Store) -> None:
    site.pages = whole(*PATHS)
    report = crawl(site, store, urls=[site.url(path) for path in PATHS], generic=True)
    assert (report.fetched, report.failed) == (0, {"inner_address": 3})
    assert not site.asked


# -- secrets ------------------------------------------------------------------


def test_a_secret_of_the_environment_is_sent_and_lands_nowhere(
    site: Site, store: Store, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUREAU_TOKEN", "Bearer mark-4711")
    site.pages = {"/list.html": listing(*PATHS), **whole(*PATHS)}
    report = crawl(site, store, fetch={"headers": {"Authorization": "env:BUREAU_TOKEN", "X-Key": "env:BUREAU_TOKEN"}})
    assert {headers.get("Authorization") for path, headers, _ in site.asked} == {"Bearer mark-4711"}
    landed = b"".join(_unpacked(store.get(key)) for key in store.list(""))
    assert report.fetched == 3
    assert b"mark-4711" not in landed
    assert b"User-Agent" in landed
    told = capfd.readouterr()
    assert "mark-4711" not in told.out + told.err + report.model_dump_json()


def _unpacked(data: bytes) -> bytes:
    import gzip

    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def test_everything_that_was_listed_landed_once(site: Site, store: Store) -> None:
    site.pages = {"/list.html": listing(*PATHS), **whole(*PATHS)}
    report: CrawlReport = crawl(site, store)
    assert sorted(
        page.url for key in report.landing for kind, page in read_all(store.get(key), key) if kind == "article"
    ) == [site.url(path) for path in PATHS]


def test_the_configuration_names_what_the_environment_lacks(site: Site, store: Store, tmp_path: Path) -> None:
    del tmp_path
    with pytest.raises(Exception, match="BUREAU_TOKEN"):
        crawl(site, store, fetch={"headers": {"Authorization": "env:BUREAU_TOKEN"}})
    assert not site.asked
