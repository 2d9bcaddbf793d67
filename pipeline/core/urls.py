"""An address in, its identity out: two addresses of one page share a key, two pages never do.

Every rule here is part of the identity of all stored documents, so it is code and not configuration: changing one
changes `doc_id`. The rules follow `sites.md` 4.7 of the reference.
"""

import html
import posixpath
import re
from collections.abc import Callable
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

import xxhash

# Parameters that say how a reader came here, never what is shown.
_TRACKING = frozenset(
    """
    spm from isappinstalled scene share_token timestamp _t v nsukey wfr tdsourcetag fbclid gclid bd_vid
""".split()
)
_TRACKING_PREFIXES = ("utm_",)
# `v` busts caches on static files, but names what is shown on dynamic ones (`/watch?v=…`).
_AMBIGUOUS = frozenset({"v"})
# Platforms whose own parameters alone name the page.
_IDENTIFYING = {"mp.weixin.qq.com": ("__biz", "mid", "idx", "sn")}

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_PATH_SAFE = _UNRESERVED + "/:@!$&'()*+,;="
_QUERY_SAFE = _UNRESERVED + "/:@!$'()*,;?"
_SESSION = re.compile(r";jsessionid=[^/?#;]*", re.I)
# Of signed addresses (S3, OSS, COS, OBS, GCS, Azure, CDNs) and of sessions: what is other at each visit of one file.
_PASSES = re.compile(
    r"expires?|(?:x-(?:amz|oss|cos|obs|goog|bce|tos)-|q-(?:sign|ak|key|header|url)).*|(?:oss|aws|google)?access(?:key)?_?id"
    r"|signature|sign|sig|policy|key-pair-id|security-token|(?:access_?|auth_?|csrf_?|x-)?token|auth_key|wssecret|wstime|nonce"
    r"|s[eprtv]|j?session_?id|phpsessid|aspsessionid\w*|asp\.net_sessionid|_t|_|rand(?:om)?|timestamp|ts",
    re.I,
)
_MOMENT = re.compile(r"[\w-]*=1\d{9}(?:\d{3})?", re.I)  # seconds or milliseconds since 1970
_SESSION_IN_PATH = re.compile(r";(?:j?session_?id|phpsessid)=[^/;]*|/\([SXAF]\([^()/]*\)\)(?=/)", re.I)
_INDEX = re.compile(r"/index\.s?html?$", re.I)
_STATIC = re.compile(r"\.(s?html?|jhtml)$|\d{5}", re.I)
_SLASHES = re.compile(r"/{2,}")
_NOT_AN_ADDRESS = re.compile(r"^\s*(javascript|mailto|tel|data|about|blob|sms|weixin|void)\s*[:(]", re.I)
_BASE = re.compile(r"<base\b[^>]*?\bhref\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s>]+))", re.I)
_CONTROL = re.compile(r"[\t\r\n]+")
# Channels of 人民网 show one article under several addresses that share date and trailing number.
_PEOPLE = re.compile(r"^/n\d/(\d{4})/(\d{4})/c\d*-(\d{6,}(?:-\d+)?)\.html$")
# Part 2, 3, … of one article: `030277875_01.shtml`, `t20190918_693227_1.shtml`, `c1001-40223222-2.html`; behind a mere
# date (`20260917_2.html`) the number is the article's.
_PART = re.compile(r"(?<=\d{5})(?<!/t\d{8})(?<!/20\d{6})[_-](\d{1,2})(?=\.(?:s?html?|jhtml)$)", re.I)


def url_key(url: str) -> str:
    """The canonical form of an address; idempotent. What is no http(s) address comes back stripped of space only."""
    url = _CONTROL.sub("", url.strip()).replace("\\", "/")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return url
    if parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return url
    host = _host(parts.hostname)
    people = _PEOPLE.match(parts.path) if host.endswith(".people.com.cn") else None
    if people:
        return "https://people.com.cn/n1/{}/{}/c-{}.html".format(*people.groups())
    if host == "people.com.cn" and not parts.query and parts.path.startswith("/n1/"):
        return f"https://people.com.cn{_path(parts.path)}"
    netloc = host if port in (None, 80, 443) else f"{host}:{port}"
    path = _path(parts.path)
    query = _query(parts.query, host, path)
    return f"https://{netloc}{path}" + (f"?{query}" if query else "") + _route(parts)


def doc_id(url: str) -> str:
    """32 hexadecimal digits that name the document at an address (xxh3-128 of its key)."""
    return xxhash.xxh3_128_hexdigest(url_key(url).encode("utf-8", "surrogatepass"))


def key64(url: str) -> int:
    """The first 64 bits of `doc_id` as an unsigned number, for compact sets of known addresses."""
    return int(doc_id(url)[:16], 16)


def split_part(url: str) -> tuple[str, int]:
    """The address of an article's first part and the number that this address carries (0: none).

    Only addresses are looked at: that the first part exists is for the caller to know.
    """
    parts = urlsplit(url)
    found = _PART.search(parts.path)
    if not found or "/art_" in parts.path:  # JCMS: art_COLUMN_ID
        return url, 0
    path = parts.path[: found.start()] + parts.path[found.end() :]
    return parts._replace(path=path).geturl(), int(found[1])


def join(base: str, href: str, charset: str = "") -> str:
    """`href` as a browser makes an absolute address of it; empty where it leads to no document. `charset`: as for `spelt`."""
    href = _CONTROL.sub("", href.strip())
    if not href or href.startswith("#") or _NOT_AN_ADDRESS.match(href):
        return ""
    path, mark, query = href.partition("?")
    try:
        url = urljoin(base, path.replace("\\", "/") + mark + query)
        return spelt(url, charset) if urlsplit(url).scheme else ""
    except ValueError:
        return ""


def spelt(url: str, charset: str = "") -> str:
    """An address as a browser asks for it: dots in its path resolved, signs of its query in the page's charset, if one is given.

    The path is in UTF-8 in any case; whoever makes a request of it escapes that.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    path = _dots(parts.path) if "/." in parts.path or "/%2" in parts.path else parts.path
    codec = "utf-8" if charset.lower().startswith("utf") else charset
    query = "".join(
        sign if sign.isascii() or not charset else quote(sign.encode(codec, "xmlcharrefreplace"), safe="")
        for sign in parts.query
    )
    return parts._replace(path=path, query=query).geturl() if (path, query) != (parts.path, parts.query) else url


def lasting(url: str) -> str:
    """An address without what is new at each visit: signatures, moments of expiry, sessions. Two such are one file."""
    return _without(url, lambda pair, name: bool(_PASSES.fullmatch(name) or _MOMENT.fullmatch(pair)), _SESSION_IN_PATH)


def untracked(url: str) -> str:
    """An address without what only says how a reader came to it."""
    return _without(url, lambda pair, name: _tracks(name) and name not in _AMBIGUOUS)


def _without(url: str, goes: Callable[[str, str], bool], in_path: re.Pattern[str] | None = None) -> str:
    """An address without parts of its query, and of its path; `goes` is told each `name=value` and its name."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    pairs = [pair for pair in parts.query.split("&") if pair]
    kept = [pair for pair in pairs if not goes(pair, pair.partition("=")[0])]
    path = in_path.sub("", parts.path) if in_path else parts.path
    return url if (path, kept) == (parts.path, pairs) else parts._replace(path=path, query="&".join(kept)).geturl()


def base_in(head: str, url: str) -> str:
    """What relative addresses are relative to in a page with such a head: its `<base>`, else its own address."""
    found = _BASE.search(head)
    base = join(url, html.unescape(found[1] or found[2] or found[3])) if found else ""
    return base if base.startswith(("http:", "https:")) else url


def _dots(path: str) -> str:
    """A path without `.` and `..`, escaped ones too."""
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        plain = re.sub("%2e", ".", segment, flags=re.I)
        if plain == "..":
            del kept[-1:]
        elif plain != ".":
            kept.append(segment)
    folder = re.sub("%2e", ".", segments[-1], flags=re.I) in (".", "..")
    return "/" + "/".join([*kept, ""] if folder else kept)


def _host(name: str) -> str:
    name = name.rstrip(".").lower()
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return name


def _path(path: str) -> str:
    path = _recode(_SESSION.sub("", path), _PATH_SAFE) or "/"
    path = _SLASHES.sub("/", path)
    if "/." in path:
        folder = path.endswith(("/", "/.", "/.."))
        path = posixpath.normpath(path)
        path += "/" if folder and path != "/" else ""
    return _INDEX.sub("/", path)


def _query(query: str, host: str, path: str) -> str:
    query = _SESSION.sub("", query.replace("&amp;", "&"))
    split = (part.partition("=") for part in query.split("&") if part)
    pairs = [(_recode(name, _QUERY_SAFE), equals, _recode(value, _QUERY_SAFE)) for name, equals, value in split]
    if only := _IDENTIFYING.get(host):
        pairs = [pair for pair in pairs if pair[0] in only] or ([] if path.startswith("/s/") else pairs)
    kept = [pair for pair in pairs if not _tracks(pair[0])]
    if not kept and not _STATIC.search(path):
        kept = [pair for pair in pairs if pair[0] in _AMBIGUOUS]
    return "&".join(map("".join, sorted(kept)))


def _tracks(name: str) -> bool:
    return name.lower() in _TRACKING or name.lower().startswith(_TRACKING_PREFIXES)


def _route(parts: SplitResult) -> str:
    return "#" + _recode(parts.fragment, _QUERY_SAFE + "&=") if parts.fragment.startswith(("/", "!/")) else ""


def _recode(text: str, safe: str) -> str:
    """One spelling of percent-encoding: unreserved characters plain, the others escaped in upper case.

    An escaped reserved character (`%2F`) stays escaped: it does not mean the same as the plain one.
    """
    pieces = re.split(r"(%[0-9A-Fa-f]{2})", text)
    return "".join(quote(piece, safe=safe) if index % 2 == 0 else _escape(piece) for index, piece in enumerate(pieces))


def _escape(escape: str) -> str:
    character = unquote_to_bytes(escape)
    return character.decode("ascii") if character.decode("latin-1") in _UNRESERVED else escape.upper()
