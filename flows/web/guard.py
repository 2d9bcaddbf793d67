"""Who may ask what of the console: this machine, by its own name, to read; and what a browser may do with the answer."""

import os

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pipeline.core import language

_OWN = {"127.0.0.1", "localhost"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-DNS-Prefetch-Control": "off",
    "Cache-Control": "no-cache",
}
# A page of a third party: it runs nothing, asks for nothing, and is shown by our own pages alone.
SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
}


class Guard:
    """Refuses foreign Host headers, by which a page elsewhere could read us (DNS rebinding), and all but GET and HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        host = Headers(scope=scope).get("host", "").rsplit(":", 1)[0]

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if "lang=" in scope["query_string"].decode("latin-1"):
                    headers.append("Set-Cookie", f"lang={language.spoken()}; Path=/; SameSite=Strict; Max-Age=31536000")
            await send(message)

        answer = self._app
        if host not in _OWN:
            answer = PlainTextResponse("The console answers to 127.0.0.1 and localhost only.\n", 421)
        elif scope["method"] not in ("GET", "HEAD"):
            answer = PlainTextResponse("The console only reads.\n", 405, {"Allow": "GET, HEAD"})
        with language.speaking(_language(Request(scope))):
            await answer(scope, receive, guarded)


def _language(request: Request) -> str:
    """What the reader chose at the foot of a page; else what `GONGBAO_LANG`, the browser or the system says."""
    picked = request.query_params.get("lang", ""), request.cookies.get("lang", "")
    named, browser = os.environ.get("GONGBAO_LANG", ""), request.headers.get("accept-language", "")
    return language.chosen(*picked, named, browser, language.spoken())
