"""The settings that let a real browser render the listings that ask for it. Optional: `gongbao[browser]` and Chromium."""

import importlib.util
import shutil
from typing import Any
from urllib.parse import urlsplit

from pipeline.core.errors import ConfigError
from spiders.http.inner_hosts import Guard

# Scripts ask for their rows after the page has "loaded". Its links are there when none has come for a while; a page
# that goes on asking for ever (counters, chats) is not waited for. Numbers in milliseconds.
_SETTLE = """async () => {
  const end = Date.now() + 15000;
  for (let known = -1, since = Date.now(); Date.now() < end && Date.now() - since < 1500; ) {
    const links = document.querySelectorAll("a, [onclick]").length;
    if (links !== known) { known = links; since = Date.now(); }
    await new Promise(done => setTimeout(done, 100));
  }
}"""
_NAMES = ("chromium", "chromium-browser", "google-chrome")


async def _leads_inside(guard: Guard, url: str) -> bool:
    """Whether what a page asks for lies inside, where nobody wrote it down."""
    host = (urlsplit(url).hostname or "").lower()
    return bool(host and await guard.inside(host))


def settings(agent: str, guard: Guard) -> dict[str, Any]:
    """What Scrapy must be told for a browser that calls itself `agent`; ConfigError that says what to install if something is missing."""
    if importlib.util.find_spec("scrapy_playwright") is None:
        raise ConfigError("a listing has `render: true`, which needs: pip install 'gongbao[browser]'", key="render")
    chromium = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if chromium is None:
        raise ConfigError("a listing has `render: true`, which needs: apt-get install chromium", key="render")
    handler = "scrapy_playwright.handler.ScrapyPlaywrightDownloadHandler"
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
        "PLAYWRIGHT_BROWSER_TYPE": "chromium",
        "PLAYWRIGHT_LAUNCH_OPTIONS": {"executable_path": chromium, "headless": True},
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,  # what kinds it accepts differs with what it asks for
        "PLAYWRIGHT_CONTEXTS": {"default": {"user_agent": agent}},
        "PLAYWRIGHT_MAX_CONTEXTS": 1,
        "PLAYWRIGHT_ABORT_REQUEST": lambda request: _leads_inside(guard, request.url),
    }


def request() -> dict[str, Any]:
    """The meta of a request that a browser makes, and waits for what the page's scripts bring."""
    from scrapy_playwright.page import PageMethod  # an extra

    return {"playwright": True, "playwright_page_methods": [PageMethod("evaluate", _SETTLE)]}
