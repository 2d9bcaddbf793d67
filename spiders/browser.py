"""The settings that let a real browser render the listings that ask for it. Optional: `gongbao[browser]` and Chromium."""

import importlib.util
import shutil
from typing import Any

from pipeline.errors import ConfigError

_NAMES = ("chromium", "chromium-browser", "google-chrome")


def settings(agent: str) -> dict[str, Any]:
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
    }
