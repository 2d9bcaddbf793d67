"""How a site misbehaves on request: each fault writes its answer straight to the connection."""

import gzip
import io
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler
from types import MappingProxyType
from typing import Any

from flows.samples.sites.html import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault, the addresses that it strikes (a shell pattern), and its settings."""

    name: str
    path: str = "*"
    options: dict[str, Any] = field(default_factory=dict)

    def strikes(self, path: str) -> bool:
        """Whether a request for the path gets it; robots.txt is spared unless it is named."""
        return fnmatchcase(path, self.path) and (
            path != "/robots.txt" or "robots" in self.name or "robots" in self.path
        )


Answer = Callable[
    [BaseHTTPRequestHandler, Resource, dict[str, Any]], None
]  # request, what a sound site answers, options


def commit(handler: BaseHTTPRequestHandler, fault: Fault, sound: Resource) -> None:
    """Answer a request with the fault."""
    FAULTS[fault.name](handler, sound, fault.options)


def send(
    handler: BaseHTTPRequestHandler,
    status: int,
    body: bytes = b"",
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    length: int | None = None,
) -> None:
    """A whole answer; `length` is what Content-Length says, where that is not the truth."""
    handler.send_response(status)
    for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(body)


def _html(title: str, text: str) -> bytes:
    return f'<!DOCTYPE html><html><head><meta charset="utf-8"><title>{title}</title></head><body>{text}</body></html>'.encode()


def _not_found(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    send(handler, 404, _html("404 Not Found", "<center><h1>404 Not Found</h1></center><hr><center>nginx</center>"))


def _soft_404(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    text = """<div class="error"><img src="/images/404.png"><p>抱歉，您访问的页面不存在或已被删除！</p>
<p><span id="sec">5</span>秒后自动返回<a href="/">网站首页</a></p></div><div class="footer">网站地图 | 联系我们</div>"""
    send(handler, 200, _html("页面不存在", text))


def _error(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    send(handler, 500, _html("500 Internal Server Error", "<h1>Internal Server Error</h1>"))


def _unavailable(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    send(handler, 503, _html("503", "系统繁忙，请稍后再试"), headers={"Retry-After": str(options.get("after", 1))})


def _slow(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """A few bytes at a time: `chunk` of them every `pause` seconds."""
    chunk, pause = int(options.get("chunk", 64)), float(options.get("pause", 0.5))
    send(handler, sound.status, b"", length=len(sound.body), headers={"Content-Type": sound.type})
    for start in range(0, len(sound.body), chunk):
        handler.wfile.write(sound.body[start : start + chunk])
        handler.wfile.flush()
        time.sleep(pause)


def _truncated(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """Content-Length promises the whole, the connection closes after `share` of it."""
    kept = sound.body[: int(len(sound.body) * float(options.get("share", 0.5)))]
    send(handler, sound.status, kept, length=len(sound.body), headers={"Content-Type": sound.type})
    handler.close_connection = True


def _redirect_loop(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    here, _, query = handler.path.partition("?")
    turn = int(query.rpartition("turn=")[2] or 0) if "turn=" in query else 0
    send(handler, 302, headers={"Location": f"{here}?turn={(turn + 1) % 3}"})


def _wrong_charset(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    wrong = options.get("charset") or (
        "iso-8859-1" if "gb" not in sound.type and b"gb2312" not in sound.body[:2000] else "utf-8"
    )
    send(handler, sound.status, sound.body, headers={"Content-Type": f"text/html; charset={wrong}"})


def _ruishu(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """The challenge of 瑞数: 412, a cookie ending in S, `$_ts`."""
    script = "$_ts=window['$_ts'];if(!$_ts)$_ts={};$_ts.nsd=19437;$_ts.cd='qcTrrqrqkaGlcGAlqr';if($_ts.lcd)$_ts.lcd();"
    body = f"""<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">
<meta content="kXkZ0mZl1rQ" r='m'><script type="text/javascript" r='m'>{script}</script>
<script type="text/javascript" charset="iso-8859-1" src="/4QbVtADbnLVIc/c.FxJzG50F.js" r='m'></script></head><body></body></html>"""
    send(
        handler,
        int(options.get("status", 412)),
        body.encode(),
        headers={"Set-Cookie": "4hP44ZykCTt5S=60bNq1cW; Path=/; HttpOnly"},
    )


def _jiasule(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """The challenge of 加速乐: 521, `__jsluid`."""
    body = "<script>document.cookie=('_')+('_')+('j')+('s')+('l')+'_clearance_s='+(+!+[])+'700|-1|x%2B;max-age=3600;path=/';location.href=location.pathname+location.search</script>"
    send(
        handler,
        521,
        body.encode(),
        headers={"Set-Cookie": "__jsluid_s=3c41b7e2a6d9; max-age=31536000; path=/; HttpOnly"},
    )


def _no_links(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """A list that lost its links: the frame still stands, a script should fill it."""
    text = """<div class="nav"><ul><li><a href="/">首页</a></li><li><a href="/about/">机构职能</a></li></ul></div>
<div id="app" class="list"><div v-for="row in rows">{{ row.title }}</div></div><script src="/static/js/chunk-vendors.4f1c.js"></script>"""
    kind = sound.type.partition(";")[0]
    if kind == "text/html":
        send(handler, 200, _html("栏目列表", text))
    else:
        empty = {"application/json": b"[]"}.get(
            kind, b'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><title/></channel></rss>'
        )
        send(handler, 200, empty, headers={"Content-Type": sound.type})


def _big(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """A page of `size` bytes, 50 MB unless told."""
    size = int(options.get("size", 50_000_000))
    send(handler, 200, b"", length=size)
    for piece in _filling(size):
        handler.wfile.write(piece)


def _gzip_bomb(handler: BaseHTTPRequestHandler, sound: Resource, options: dict[str, Any]) -> None:
    """Half a megabyte of gzip that becomes `size` bytes, 500 MB unless told."""
    send(handler, 200, bomb(int(options.get("size", 500_000_000))), headers={"Content-Encoding": "gzip"})


def bomb(size: int) -> bytes:
    """Gzip of `size` bytes of HTML white space, made from one deflated block that is repeated."""
    block = b" " * 1_000_000
    whole, rest = divmod(size, len(block))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    unit = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)  # ends on a byte, refers to nothing before it
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = squeeze.compress(block[:rest]) + squeeze.flush(zlib.Z_FINISH)
    check = 0
    for _ in range(whole):
        check = zlib.crc32(block, check)
    check = zlib.crc32(block[:rest], check)
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb", mtime=0):
        pass
    return (
        out.getvalue()[:10] + unit * whole + tail + check.to_bytes(4, "little") + (size % 2**32).to_bytes(4, "little")
    )


def _filling(size: int) -> Iterator[bytes]:
    line = "<p>长页面填充文字，没有尽头。</p>\n".encode() * 4000
    while size > 0:
        yield line[:size]
        size -= len(line)


FAULTS: dict[str, Answer] = {
    "404": _not_found,
    "soft_404": _soft_404,
    "500": _error,
    "503": _unavailable,
    "slow": _slow,
    "truncated": _truncated,
    "redirect_loop": _redirect_loop,
    "wrong_charset": _wrong_charset,
    "412": _ruishu,
    "521": _jiasule,
    "no_links": _no_links,
    "big_page": _big,
    "gzip_bomb": _gzip_bomb,
    "robots_500": _error,
}
