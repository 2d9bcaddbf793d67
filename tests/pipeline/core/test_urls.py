"""The identity of addresses: two of one page meet, two pages never do."""

from string import ascii_letters, digits

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.urls import doc_id, join, key64, split_part, url_key

NAMES = st.text(ascii_letters + digits + "-_~.中文", min_size=1, max_size=8).filter(lambda name: name.strip("."))
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda names: "/" + "/".join(names))
QUERIES = st.dictionaries(
    st.sampled_from(["id", "docid", "contentid", "c", "page"]), st.text(digits, min_size=1, max_size=6)
)

SAME = [
    ("http://www.x.gov.cn/a/t20240305_1.html", "https://www.x.gov.cn/a/t20240305_1.html"),
    ("http://www.x.gov.cn:80/a.html", "https://WWW.X.GOV.CN:443/a.html"),
    ("http://x.gov.cn/tzgg/index.shtml", "http://x.gov.cn/tzgg/"),
    ("http://x.gov.cn/tzgg/index.html", "http://x.gov.cn/tzgg/"),
    ("http://x.gov.cn//a//b.html", "http://x.gov.cn/a/b.html"),
    ("http://x.gov.cn/a/../b/./c.html", "http://x.gov.cn/b/c.html"),
    ("http://x.gov.cn/a.html#top", "http://x.gov.cn/a.html"),
    ("http://x.gov.cn/a.html?spm=zm1&from=timeline&isappinstalled=0", "http://x.gov.cn/a.html"),
    ("http://x.gov.cn/a.html?utm_source=a&utm_campaign=b&id=3", "http://x.gov.cn/a.html?id=3"),
    ("http://x.gov.cn/a.html?v=1.2", "http://x.gov.cn/a.html"),
    ("http://x.gov.cn/a.jsp?b=2&a=1", "http://x.gov.cn/a.jsp?a=1&b=2"),
    ("http://x.gov.cn/a.jsp?a=1&amp;b=2", "http://x.gov.cn/a.jsp?a=1&b=2"),
    ("http://x.gov.cn/a.jsp;jsessionid=0A1B?id=1", "http://x.gov.cn/a.jsp?id=1"),
    ("http://x.gov.cn/%E5%85%AC%E5%91%8A.html", "http://x.gov.cn/公告.html"),
    ("http://x.gov.cn/%e5%85%ac%e5%91%8a.html", "http://x.gov.cn/%E5%85%AC%E5%91%8A.html"),
    ("http://x.gov.cn/%61rt/1.html", "http://x.gov.cn/art/1.html"),
    ("http://x.gov.cn", "http://x.gov.cn/"),
    ("  http://x.gov.cn/a.html\n", "http://x.gov.cn/a.html"),
    ("https://mp.weixin.qq.com/s/AbCdEf?scene=21#wechat_redirect", "https://mp.weixin.qq.com/s/AbCdEf"),
    ("https://mp.weixin.qq.com/s?__biz=MzA&mid=26&idx=1&sn=ab&chksm=80#rd", "http://mp.weixin.qq.com/s?sn=ab&mid=26&idx=1&__biz=MzA"),
    ("http://politics.people.com.cn/n1/2024/0424/c1001-40223222.html", "http://cpc.people.com.cn/n2/2024/0424/c64094-40223222.html"),
]  # fmt: skip
APART = [
    ("http://x.gov.cn/show?id=101", "http://x.gov.cn/show?id=102"),
    ("http://x.gov.cn:8080/a.html", "http://x.gov.cn/a.html"),
    ("http://a.x.gov.cn/a.html", "http://b.x.gov.cn/a.html"),
    ("http://x.gov.cn/watch?v=11", "http://x.gov.cn/watch?v=12"),
    ("http://x.gov.cn/#/detail/1", "http://x.gov.cn/#/detail/2"),
    ("http://x.gov.cn/a%2Fb.html", "http://x.gov.cn/a/b.html"),
    ("http://x.gov.cn/A.html", "http://x.gov.cn/a.html"),
    ("http://x.gov.cn/t2024_1.html", "http://x.gov.cn/t2024_2.html"),
    ("https://mp.weixin.qq.com/s?__biz=MzA&mid=26&idx=1&sn=ab", "https://mp.weixin.qq.com/s?__biz=MzA&mid=26&idx=2&sn=ab"),
    ("http://politics.people.com.cn/n1/2024/0424/c1001-40223222.html", "http://politics.people.com.cn/n1/2024/0424/c1001-40223222-2.html"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_two_addresses_of_one_page_meet(one: str, other: str) -> None:
    assert url_key(one) == url_key(other)
    assert doc_id(one) == doc_id(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_two_pages_never_meet(one: str, other: str) -> None:
    assert url_key(one) != url_key(other)
    assert key64(one) != key64(other)


@pytest.mark.parametrize("url", sorted({url for pair in SAME + APART for url in pair}))
def test_a_key_is_its_own_key(url: str) -> None:
    assert url_key(url_key(url)) == url_key(url)


@given(path=PATHS, query=QUERIES, port=st.sampled_from(["", ":80", ":443", ":8080"]), extra=st.booleans())
def test_a_key_is_its_own_key_for_any_address(path: str, query: dict[str, str], port: str, extra: bool) -> None:
    pairs = "&".join(f"{name}={value}" for name, value in query.items())
    url = f"http://www.x.gov.cn{port}{path}?{pairs}{'&spm=1' if extra else ''}"
    assert url_key(url_key(url)) == url_key(url)


@given(text=st.text(max_size=80))
def test_no_text_makes_a_key_fail_or_unstable(text: str) -> None:
    for url in (text, f"http://x.gov.cn/{text}", f"https://x.gov.cn/a?{text}"):
        assert url_key(url_key(url)) == url_key(url)
        assert len(doc_id(url)) == 32


@given(path=PATHS, query=QUERIES)
def test_scheme_port_fragment_order_and_tracking_do_not_count(path: str, query: dict[str, str]) -> None:
    plain = "&".join(f"{name}={value}" for name, value in query.items())
    turned = "&".join(f"{name}={value}" for name, value in reversed(query.items()))
    one = f"http://www.x.gov.cn{path}?{plain}"
    other = f"https://WWW.x.gov.cn:443{path}?utm_medium=m&{turned}&share_token=t#part"
    assert url_key(one) == url_key(other)


@given(path=PATHS, one=QUERIES, other=QUERIES)
def test_different_parameters_are_different_pages(path: str, one: dict[str, str], other: dict[str, str]) -> None:
    first, second = (
        f"http://x.gov.cn{path}?" + "&".join(f"{name}={value}" for name, value in query.items())
        for query in (one, other)
    )
    assert (url_key(first) == url_key(second)) == (one == other)


def test_the_short_key_is_the_head_of_the_long_one() -> None:
    url = "http://x.gov.cn/a.html"
    assert f"{key64(url):016x}" == doc_id(url)[:16]


def test_identities_do_not_change_between_versions() -> None:
    assert doc_id("http://www.example.gov.cn/art/2024/3/5/art_1_2.html") == "7e978ad33196841c4030b82826bc78cb"


@pytest.mark.parametrize(
    ("url", "first", "part"),
    [
        ("http://x.cn/system/030277875_01.shtml", "http://x.cn/system/030277875.shtml", 1),
        ("http://x.gov.cn/t20190918_693227_1.shtml", "http://x.gov.cn/t20190918_693227.shtml", 1),
        ("http://x.cn/n1/2024/0424/c1001-40223222-2.html", "http://x.cn/n1/2024/0424/c1001-40223222.html", 2),
        ("http://x.gov.cn/t20190918_693227.shtml", "http://x.gov.cn/t20190918_693227.shtml", 0),
        ("http://x.gov.cn/art_12_3.html", "http://x.gov.cn/art_12_3.html", 0),
        ("http://x.gov.cn/content/post_123456.html", "http://x.gov.cn/content/post_123456.html", 0),
        ("http://x.gov.cn/a/20260917_2.html", "http://x.gov.cn/a/20260917_2.html", 0),
    ],
)
def test_the_number_of_a_part_is_parted_from_the_address(url: str, first: str, part: int) -> None:
    assert split_part(url) == (first, part)


@pytest.mark.parametrize(
    "href", ["javascript:void(0)", "javascript:;", "mailto:a@b.cn", "#top", "", " ", "tel:12345", "data:text/html,x"]
)
def test_what_leads_to_no_document_is_no_link(href: str) -> None:
    assert join("http://x.gov.cn/a/", href) == ""


def test_links_are_made_absolute() -> None:
    base = "http://x.gov.cn/zwgk/202403/t20240305_1.html"
    assert join(base, " ./P020240305.pdf\n") == "http://x.gov.cn/zwgk/202403/P020240305.pdf"
    assert join(base, "..\\202402\\a.html") == "http://x.gov.cn/zwgk/202402/a.html"
    assert join(base, "//y.gov.cn/a.html") == "http://y.gov.cn/a.html"
    assert join(base, "http://[bad") == ""
