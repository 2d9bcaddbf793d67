"""RSS, Atom and sitemaps: from the bytes, because XML says its own charset, and often says gb2312."""

import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urljoin

from lxml import etree

from pipeline.core.source import Listing
from pipeline.page.decode import decode
from spiders.listings.exchange import Answer, Found, Link, once
from spiders.listings.reader import Reader, link, register
from spiders.listings.rows.anchors import squeeze
from spiders.listings.rows.outline import parse_html

_DECLARED = re.compile(r"^\s*<\?xml[^>]*\?>")
_MOST = 200_000_000  # bytes of an unpacked sitemap; the protocol allows 50 MB
_DATES = ("pubDate", "published", "issued", "date", "updated", "modified")


def parse_xml(body: bytes, content_type: str = "") -> etree._Element | None:
    """The root of an XML document, gzipped or not, however badly it is written; None if there is none."""
    body = unpack(body)
    text = _DECLARED.sub("", decode(body, content_type).text.lstrip("\ufeff \r\n\t"))
    parser = etree.XMLParser(recover=True, huge_tree=True, resolve_entities=False, no_network=True)
    try:
        return etree.fromstring(text.encode("utf-8"), parser)
    except etree.XMLSyntaxError:
        return None


def unpack(body: bytes) -> bytes:
    """A gzipped body unpacked, any other as it is; what is truncated gives what can be had."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(body, _MOST)
    except (zlib.error, gzip.BadGzipFile):
        return b""


def local(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    return (child for name in names for child in element if local(child) == name)


def _text(element: etree._Element, *names: str) -> str:
    for child in _children(element, *names):
        if said := squeeze("".join(str(text) for text in child.itertext())):
            return said
    return ""


@register("rss")
class Feed(Reader):
    """RSS 0.9 to 2.0, RDF and Atom."""

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The feed's entries; dates without a zone are Shanghai's."""
        root = parse_xml(answer.body, answer.content_type)
        if root is None or local(root) not in ("rss", "RDF", "feed", "channel"):
            return Found(flags=frozenset({"not_a_listing"}))
        entries = [element for element in root.iter() if local(element) in ("item", "entry")]
        links = (self._entry(entry, answer.url, base) for entry in entries)
        channel = next((element for element in root.iter() if local(element) in ("channel", "feed")), root)
        onward = [
            urljoin(answer.url, child.get("href") or "")
            for child in _children(channel, "link")
            if child.get("rel") == "next"
        ]
        return Found(
            links=once(found for found in links if found.url),
            next=tuple(self.request(listing, url, page=answer.page + 1) for url in onward[:1]),
        )

    def _entry(self, entry: etree._Element, feed_url: str, base: datetime) -> Link:
        hrefs = [
            child.get("href") or ""
            for child in _children(entry, "link")
            if child.get("rel") in (None, "alternate") and child.get("href")
        ]
        guid = next((child for child in _children(entry, "guid", "id")), None)
        said = (guid.text or "").strip() if guid is not None and guid.get("isPermaLink") != "false" else ""
        address = next(iter(hrefs), "") or _text(entry, "link") or (said if said.startswith("http") else "")
        title = _text(entry, "title")
        if "<" in title or "&" in title:
            title = squeeze(parse_html(title).text_content())
        return link(urljoin(feed_url, address) if address else "", title, _text(entry, *_DATES), base)


@register("sitemap")
class Sitemap(Reader):
    """Sitemaps and their indexes, plain or gzipped, XML or text; newest first, because a sitemap has no order."""

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The articles of a sitemap, or the sitemaps of an index."""
        root = parse_xml(answer.body, answer.content_type)
        if root is None or local(root) == "html":
            return self._lines(answer, base)
        entries = [self._entry(entry, answer.url, base) for entry in root if local(entry) in ("url", "sitemap")]
        entries = sorted((entry for entry in entries if entry.url), key=_newest_first)
        if local(root) != "sitemapindex":
            return Found(links=once(entries))
        further = tuple(self.request(listing, entry.url, page=answer.page + 1 + n) for n, entry in enumerate(entries))
        return Found(next=further, flags=frozenset({"index"}))

    def _entry(self, entry: etree._Element, base_url: str, base: datetime) -> Link:
        news = next((child for child in entry.iter() if local(child) == "news"), None)
        title = _text(news, "title") if news is not None else ""
        date = (_text(news, "publication_date") if news is not None else "") or _text(entry, "lastmod")
        address = _text(entry, "loc")
        return link(urljoin(base_url, address) if address else "", title, date, base)

    def _lines(self, answer: Answer, base: datetime) -> Found:
        lines = decode(unpack(answer.body), answer.content_type).text.split()
        if not lines or not all(line.startswith(("http://", "https://")) for line in lines):
            return Found(flags=frozenset({"not_a_listing"}))
        return Found(links=tuple(link(url, "", "", base) for url in dict.fromkeys(lines)))


def _newest_first(entry: Link) -> float:
    return -entry.published.at.timestamp() if entry.published else 0.0


@register("inbox")
class Inbox(Reader):
    """A file of addresses that a person feeds: one a line, a title behind it if they like; # begins a remark."""

    def parse(self, listing: Listing, answer: Answer, base: datetime) -> Found:
        """The addresses in the order of the file; an HTML page of them is read as well."""
        if re.match(r"\s*<", answer.text):
            tree = parse_html(answer.text)
            urls = [(a.get("href") or "", squeeze(a.text_content())) for a in tree.iter("a")]
        else:
            lines = (line.strip() for line in answer.text.lstrip("\ufeff").splitlines())
            urls = [
                (line.split(None, 1)[0], line.partition(" ")[2]) for line in lines if line and not line.startswith("#")
            ]
        links = (link(url, title.strip(), "", base) for url, title in urls if url.startswith(("http://", "https://")))
        return Found(links=once(links))
