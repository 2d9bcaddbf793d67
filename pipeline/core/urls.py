"""An address in, its identity out: two addresses of one page share a key, two pages never do.

Every rule here is part of the identity of all stored documents, so it is code and not configuration: changing one
changes `doc_id`. The rules follow `sites.md` 4.7 of the reference.
"""

import posixpath
import re
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
_INDEX = re.compile(r"/index\.s?html?$", re.I)
_STATIC = re.compile(r"\.(s?html?|jhtml)$|\d{5}", re.I)
_SLASHES = re.compile(r"/{2,}")
_NOT_AN_ADDRESS = re.compile(r"^\s*(javascript|mailto|tel|data|about|blob|sms|weixin|void)\s*[:(]", re.I)
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


def join(base: str, href: str) -> str:
    """`href` as an absolute address without stray space; empty where it leads to no document."""
    href = _CONTROL.sub("", href.strip())
    if not href or href.startswith("#") or _NOT_AN_ADDRESS.match(href):
        return ""
    try:
        url = urljoin(base, href.replace("\\", "/"))
        return url if urlsplit(url).scheme else ""
    except ValueError:
        return ""


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
