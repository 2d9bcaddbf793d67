"""robots.txt by RFC 9309: what each answer means, before any request is made."""

import pytest
from scrapy.http import Response

from pipeline.page.obstacles import Cause
from spiders.http.failures import Failed
from spiders.http.robots import read, refusal

TOKEN = "Gongbao"
RULES = b"User-agent: *\nDisallow: /private/\nCrawl-delay: 3\n\nUser-agent: Gongbao\nDisallow: /secret/\nRequest-rate: 1/10\n"


def answer(status: int, body: bytes = b"") -> Response:
    return Response("http://a.example/robots.txt", status=status, body=body)


@pytest.mark.parametrize("status", [400, 404, 405, 410, 418])
def test_a_host_without_robots_txt_forbids_nothing(status: int) -> None:
    verdict = read(answer(status, RULES), TOKEN)
    assert verdict.refusal is None
    assert verdict.allows("http://a.example/secret/1.html")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 599])
def test_a_host_in_trouble_forbids_everything_for_tonight(status: int) -> None:
    verdict = read(answer(status, b"User-agent: *\nAllow: /\n"), TOKEN)
    assert verdict.refusal is not None
    assert verdict.refusal.reason == Cause.ROBOTS_UNKNOWN


@pytest.mark.parametrize("status", [401, 403])
def test_a_forbidden_robots_txt_is_taken_as_a_no(status: int) -> None:
    verdict = read(answer(status), TOKEN)
    assert verdict.refusal is not None
    assert verdict.refusal.reason == Cause.ROBOTS_FORBIDDEN


def test_our_own_group_of_rules_beats_that_for_all() -> None:
    verdict = read(answer(200, RULES), TOKEN)
    assert verdict.allows("http://a.example/private/1.html")
    assert not verdict.allows("http://a.example/secret/1.html")


def test_the_slower_of_crawl_delay_and_request_rate_is_kept() -> None:
    assert read(answer(200, RULES), TOKEN).delay == 10
    assert read(answer(200, b"User-agent: *\nCrawl-delay: 3\n"), TOKEN).delay == 3
    assert read(answer(200, b"User-agent: *\nDisallow:\n"), TOKEN).delay == 0


def test_chinese_and_broken_bytes_are_read_as_far_as_they_go() -> None:
    body = "User-agent: *\nDisallow: /内部/\n".encode("gb18030") + b"\xff\xfe\nDisallow: /x/\n"
    verdict = read(answer(200, body), TOKEN)
    assert not verdict.allows("http://a.example/x/1.html")
    assert verdict.allows("http://a.example/y/1.html")


@pytest.mark.parametrize("reason", [Cause.REDIRECT_LOOP, Cause.REDIRECT_AWAY, Cause.TOO_LARGE])
def test_redirects_that_lead_nowhere_mean_that_there_are_no_rules(reason: Cause) -> None:
    assert refusal(Failed(reason)) is None


@pytest.mark.parametrize(
    ("reason", "named"),
    [
        (Cause.DNS, Cause.DNS),
        (Cause.REFUSED, Cause.REFUSED),
        (Cause.TLS, Cause.TLS),
        (Cause.BLOCKED_JSL, Cause.BLOCKED_JSL),
        (Cause.BUSY, Cause.BUSY),
        (Cause.TIMEOUT, Cause.ROBOTS_UNKNOWN),
        (Cause.TRUNCATED, Cause.ROBOTS_UNKNOWN),
        (Cause.NETWORK, Cause.ROBOTS_UNKNOWN),
    ],
)
def test_a_robots_txt_that_cannot_be_had_refuses_under_the_better_name(reason: Cause, named: Cause) -> None:
    refused = refusal(Failed(reason))
    assert refused is not None
    assert refused.reason == named
