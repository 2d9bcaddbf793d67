"""config/listings.yaml as a checked model."""

import os
from functools import cache
from pathlib import Path

from pipeline.core.config import SHIPPED, Pattern, Strict, read


class RowRules(Strict):
    """What a list of articles looks like on a page that nobody described to us."""

    dated: float
    article: float
    long_title: float
    short: float
    title_length: int
    under_listing: float
    named_by_title: float
    same_part: float
    in_title: float
    of_another: float
    bad_heading: float
    bad_region: float
    furniture: float
    hidden: float
    whole_page: float
    row_pieces: int
    row_links: int
    mostly: float
    gap_pieces: int
    stories: int
    crumb_length: int
    bad_headings: Pattern
    regions: frozenset[str]
    related: frozenset[str]


def row_rules() -> RowRules:
    """The rules of `GONGBAO_CONFIG`, else those that Gongbao ships."""
    return _read(Path(os.environ.get("GONGBAO_CONFIG") or SHIPPED))


@cache
def _read(config: Path) -> RowRules:
    return read(config / "listings.yaml", RowRules)
