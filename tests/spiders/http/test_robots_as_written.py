"""robots.txt as people write it: a clean file judged by a second parser, disguised, judged by ours."""

import codecs
from urllib.parse import unquote
from urllib.robotparser import RobotFileParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scrapy.http import Response

from pipeline.page.obstacles import Cause
from spiders.http.robots import read

TOKEN = "Gongbao"
PATHS = ["/", "/private/", "/private/1.html", "/a/b/", "/a/b/2.html?x=1", "/zwgk/", "/zwgk/tzgg/3.html", "/内部/", "/x"]


def allows(body: bytes, path: str) -> bool:
    return read(Response("http://a.example/robots.txt", body=body), TOKEN).allows(f"http://a.example{path}")


RULE = st.tuples(st.sampled_from(["Disallow", "Allow", "Crawl-delay", "Sitemap"]), st.sampled_from([*PATHS, ""]))
GROUP = st.tuples(
    st.lists(st.sampled_from(["*", "Gongbao", "Baiduspider", "Googlebot"]), min_size=1, max_size=2, unique=True),
    st.lists(RULE, min_size=1, max_size=4),
)
# Several groups of one agent are one to RFC 9309, and to the standard library they are not.
FILE = st.lists(GROUP, min_size=1, max_size=3).filter(
    lambda groups: len({agent for agents, _ in groups for agent in agents}) == sum(len(agents) for agents, _ in groups)
)


def spell(groups: list[tuple[list[str], list[tuple[str, str]]]]) -> list[str]:
    lines = []
    for agents, rules in groups:
        lines += [f"User-agent: {agent}" for agent in agents]
        for field, value in rules:
            value = {"Crawl-delay": "2", "Sitemap": "http://a.example/sitemap.xml"}.get(field, value)
            lines.append(f"{field}: {value}")
    return lines


def judged(lines: list[str], path: str) -> bool:
    """What the standard library says, its rules in order of length as RFC 9309 has them, `Allow` before `Disallow`."""
    parser = RobotFileParser()
    parser.parse(lines)
    own = [entry for entry in parser.entries if entry.applies_to(TOKEN)]
    rules = [rule for entry in own or filter(None, [parser.default_entry]) for rule in entry.rulelines if rule.path]
    fitting = [rule for rule in rules if path.startswith(unquote(rule.path))]
    return max(fitting, key=lambda rule: (len(unquote(rule.path)), rule.allowance)).allowance if fitting else True


def disguise(draw: st.DrawFn, lines: list[str]) -> bytes:
    colon = draw(st.sampled_from([":", "：", " ：", ":　", "﹕"]))
    unseen = draw(st.sampled_from(["", "\u200b", "\ufeff", "\u200e", "\u2060", "\u00ad"]))
    end = draw(st.sampled_from(["\n", "\r", "\r\n", "\n\r", "\u2028", "\x0b", "\n\n"]))
    told = []
    for line in lines:
        field, _, value = line.partition(": ")
        at = draw(st.integers(0, len(field)))
        field = draw(st.sampled_from([field, field.upper(), field.lower()]))
        value = value + draw(st.sampled_from(["", "/0.1"])) if value == TOKEN else value
        split = draw(st.integers(0, len(value)))
        told.append(f"{field[:at]}{unseen}{field[at:]}{colon} {value[:split]}{unseen}{value[split:]}")
    text = end.join(told) + end
    encoding = draw(
        st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "bom-be", "utf-32", "gb18030"])
    )
    if encoding == "bom-be":
        return codecs.BOM_UTF16_BE + text.encode("utf-16-be")
    return text.encode(encoding)


@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FILE, st.data())
def test_what_a_second_parser_forbids_in_the_clean_file_is_forbidden_in_the_disguised_one(groups, data) -> None:  # type: ignore[no-untyped-def]
    lines = spell(groups)
    body = disguise(data.draw, lines)
    for path in PATHS:
        if not judged(lines, path):
            assert not allows("\n".join(lines).encode(), path), ("clean", lines, path)
            assert not allows(body, path), ("disguised", body, path)


@settings(max_examples=100, deadline=None)
@given(FILE, st.data())
def test_and_what_is_allowed_is_not_lost(groups, data) -> None:  # type: ignore[no-untyped-def]
    lines = spell([(agents, [rule for rule in rules if rule[0] != "Crawl-delay"]) for agents, rules in groups])
    body = disguise(data.draw, lines)
    for path in PATHS:
        assert allows(body, path) == allows("\n".join(lines).encode(), path)


@pytest.mark.parametrize(
    "body",
    [
        "Disallow: /private/\n",
        "Disallow: /private/\n\nUser-agent: *\nDisallow: /x/\n",
        "Disallow: /private/\nUser-agent: Gongbao\nAllow: /private/\n",
        "User-agent: Gongbao/0.1\nDisallow: /private/\n\nUser-agent: *\nAllow: /\n",
        "User-agent: Mozilla/5.0 (compatible; Gongbao/0.1; +x)\nDisallow: /private/\n",
        "User-agent: Go\nAllow: /\n\nUser-agent: *\nDisallow: /private/\n",
        "User-agent: Baiduspider, Gongbao\nDisallow: /private/\n",
        "User-agent:\nDisallow: /private/\n",
        "<html>\nUser-agent: *\nDisallow: /private/\n",
        "<html><body>User-agent: *<br>Disallow: /private/</body></html>",
        "User-agent: *\nDisallow: http://a.example/private/\n",
        "User-agent: *\nDisallow: \\private\\\n",
        "User-agent: *\nDisallow: /x/ /private/\n",
        "User‑agent： ＊\nＤｉｓａｌｌｏｗ：／ｐｒｉｖａｔｅ／\n",
        "User-agent *\nDisallow /private/\n",
        "ï»¿User-agent: *\nDisalow: /private/\n",
        "User-agent: Baiduspider\nUser-agent: *\nSitemap: http://a.example/s.xml\nDisallow: /private/ # 内部\n",
    ],
)
def test_a_rule_that_is_plainly_meant_is_obeyed(body: str) -> None:
    assert not allows(body.encode(), "/private/1.html")
    assert not allows(body.encode(), "/y/../private/1.html")
    assert allows(body.encode(), "/public/1.html")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf",
        b"# nothing\r\n",
        b"\n \n",
        b"<html><title>404</title>\xe9\xa1\xb5</html>",
        b"Sitemap: http://a.example/s.xml",
    ],
)
def test_what_holds_no_rule_forbids_nothing(body: bytes) -> None:
    assert allows(body, "/private/1.html")


@pytest.mark.parametrize(
    "body", [bytes(range(128, 256)) * 20, b"\x1f\x8b\x08\x00\x01\x02", b"not a rule in sight", b"\x00\x01\x02\x03" * 50]
)
def test_a_file_of_which_nothing_can_be_read_is_unknown(body: bytes) -> None:
    refusal = read(Response("http://a.example/robots.txt", body=body), TOKEN).refusal
    assert refusal is not None
    assert refusal.reason == Cause.ROBOTS_UNKNOWN
