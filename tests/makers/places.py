"""Where the repository lies, its tests, and the reference pages and texts beside it."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared"
# The last night of the sample sites. A crawl takes one of the last 24 hours for its own and would not move its clock.
LAST_NIGHT = date.fromisoformat(
    os.environ.get("GONGBAO_TEST_LAST_NIGHT") or f"{datetime.now(UTC) - timedelta(days=3):%F}"
)
