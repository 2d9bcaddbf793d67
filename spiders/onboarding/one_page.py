"""`python -m spiders.onboarding.one_page URL`: one page for a person at a terminal; a line of JSON about it, then its bytes, on standard output.

Exit 0 got it, 1 it could not be had, 2 the configuration is wrong.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from pipeline.core.errors import ConfigError
from spiders.listings import Request
from spiders.onboarding.single_requests import Asker


def main() -> int:
    """Ask once, as politely as a crawl does."""
    cli = argparse.ArgumentParser(prog="python -m spiders.onboarding.one_page", description=__doc__)
    cli.add_argument("url")
    cli.add_argument("--config", type=Path, default=Path(os.environ.get("GONGBAO_CONFIG", "config")))
    asked = cli.parse_args()
    try:
        page = Asker.load(asked.config)(Request(url=asked.url))
    except ConfigError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    except OSError as error:
        print(f"{asked.url}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    about = json.dumps({"url": page.url, "content_type": page.content_type})
    sys.stdout.buffer.write(about.encode() + b"\n" + page.body)
    return 0


if __name__ == "__main__":
    sys.exit(main())
