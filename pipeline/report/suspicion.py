"""A published document in, why a person should look at it out: short, mojibake, like a menu, dated in the future, …"""

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from pipeline.core.config import Strict, read

# UTF-8 or GB read as Latin-1 or cp1252, replacement characters, private use: no sound Chinese text has them.
_FOREIGN = re.compile(r"[\u00a1-\u00b6\u00b8-\u00d6\u00d8-\u00ff\ufffd\ue000-\uf8ff]|锟斤拷|烫烫")
_ENDS = re.compile(r"[。！？；：，、.!?;:,”’\"'）)》】…]\s*$")


class MorningRules(Strict):
    """`config/morning.yaml`."""

    suspicious: int = Field(ge=0)
    short: int = Field(ge=0)
    foreign_share: float = Field(gt=0, le=1)
    menu_share: float = Field(gt=0, le=1)
    future_hours: float = Field(ge=0)
    low_confidence: float = Field(ge=0, le=1)
    nights: int = Field(ge=1)
    most_sources: int = Field(ge=1)

    @classmethod
    def load(cls, config: Path) -> "MorningRules":
        """The rules of a configuration folder."""
        return read(config / "morning.yaml", cls)


def suspicions(row: Mapping[str, Any], rules: MorningRules) -> dict[str, float]:
    """What is odd about a row of the corpus, each with its weight; the gravest weighs most. Empty: nothing is."""
    text: str = row["text"] or ""
    lines = [line for line in text.split("\n") if line.strip()]
    found: dict[str, float] = {}
    foreign = sum(len(match) for match in _FOREIGN.findall(text)) / (len(text) or 1)
    chinese = str(row["lang"]).startswith("zh")
    lost = (row["charset"] or {}).get("replaced") or 0
    if (chinese and foreign >= rules.foreign_share) or lost:
        found[f"mojibake: {lost} characters lost" if lost else f"mojibake: {foreign:.0%} of the characters"] = 5.0
    if row["published_at"] and row["published_at"] - row["fetched_at"] > timedelta(hours=rules.future_hours):
        found[f"date in the future: {row['published_at']:%Y-%m-%d}"] = 4.0
    menu = sum(len(line) for line in lines if not _ENDS.search(line)) / (sum(map(len, lines)) or 1)
    if len(lines) > 3 and menu >= rules.menu_share:
        found[f"like a menu: {menu:.0%} of it in lines without an end"] = 2.0 + menu
    if len(text) < rules.short:
        found[f"short: {len(text)} characters"] = 2.0 + 1 - len(text) / rules.short
    if not row["title"]:
        found["no title"] = 2.0
    if row["lang_confidence"] is not None and row["lang_confidence"] < rules.low_confidence:
        found[f"language unsure: {row['lang']} {row['lang_confidence']:.0%}"] = 1.5
    if row["published_at"] is None:
        found["no date"] = 1.0
    elif row["date_conflict"]:
        found["its dates disagree"] = 0.5
    return found
