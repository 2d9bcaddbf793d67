"""Lines in, rows out: what was published, how it reads, and the folded form that the rules are written for."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate

from pipeline.core.models import Line
from pipeline.core.outside_text import seen
from pipeline.text.repair import repair
from pipeline.text.rules import BoilerplateRules, canonical, fold

_SHORT = 8  # Han characters
LINKED = 0.8  # a line with so much of it in links is a link
SENTENCE_END = re.compile(r"[。！？；!?;]|\.(?:\s|$)|[:：]$")
_PRIVATE = re.compile("[\ue000-\uf8ff]")
_SPACE = re.compile(r"[^\S\t]+")
_CELL_ENDS = re.compile(r" *\t *")
_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[A-Za-z]{2,}")
_NO_LETTER = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line on its way through the rules: as published, its reading, and that folded for the patterns."""

    index: int
    published: str
    reading: str
    key: str
    places: Sequence[int]  # where each character of the key, and its end, stands in the reading
    line: Line

    def said(self, start: int, end: int) -> str:
        """What of the reading a range of the key stands for."""
        return self.reading[self.places[start] : self.places[end]]

    def part(self, start: int, end: int) -> "Row":
        """A range of the key as a row. Of a repaired row the published form of its beginning stays whole: its
        characters stand elsewhere."""
        key = self.key[start:end].strip()
        start = self.key.index(key, start)
        end = start + len(key)
        reading = self.said(start, end).strip()
        first = self.places[start]
        return replace(
            self,
            published=reading if start or self.published == self.reading else self.published,
            reading=reading,
            key=key,
            places=[at - first for at in self.places[start : end + 1]],
        )


def joined(parts: Sequence[Row]) -> Row:
    """Rows that stand one behind the other as one."""
    starts = accumulate((len(part.reading) for part in parts), initial=0)
    places = [start + at for start, part in zip(starts, parts, strict=False) for at in part.places[: len(part.key)]]
    published, reading, key = (
        "".join(getattr(part, name) for part in parts) for name in ("published", "reading", "key")
    )
    return replace(parts[0], published=published, reading=reading, key=key, places=[*places, len(reading)])


def tidy(text: str) -> str:
    """NFC, invisible signs gone, white space folded to one space; a tab between cells stays, beside an empty cell two."""
    line = _SPACE.sub(" ", _PRIVATE.sub("", seen(unicodedata.normalize("NFC", text)))).strip(" ")
    row = _CELL_ENDS.sub("\t", line) if "\t" in line.strip() else line.strip()
    return row if row.strip() else ""


def read_rows(lines: Iterable[Line], title: str, rules: BoilerplateRules) -> tuple[list[Row], str, bool]:
    """Each line that is not empty with its reading and its folded form; the title's reading; whether there was a repair."""
    published = [(line, text) for line in lines if (text := tidy(line.text))]
    whole = repair("\n".join([title, *(text for _, text in published)]), rules.repair)
    title_reading, *readings = whole.text.split("\n")
    _, *keys = fold(whole.text).split("\n")
    rows = [
        Row(index=index, published=text, reading=reading, key=key, places=places, line=line)
        for index, ((line, text), reading, (key, places)) in enumerate(
            zip(published, readings, map(canonical, keys), strict=True)
        )
    ]
    return rows, title_reading, whole.repaired


def letters(key: str) -> str:
    """What of a folded line counts when two lines are compared: letters and digits."""
    return _NO_LETTER.sub("", key).lower()


def is_prose(row: Row, rules: BoilerplateRules) -> bool:
    """Whether the row is running text: a sentence, not a heading, a link or a label."""
    if row.line.link_share >= LINKED:
        return False
    return _reads_on(row.key, rules.limits.sentence)


@lru_cache(maxsize=4096)
def _reads_on(key: str, sentence: int) -> bool:
    han = len(_HAN.findall(key))
    if han >= 2 * sentence:
        return True
    long = han >= sentence or len(_WORD.findall(key)) * 2 >= sentence
    return long and bool(SENTENCE_END.search(key))


def is_short_sentence(row: Row) -> bool:
    """Whether the row is a sentence, however short: 现予公布。 below a title is the whole of some notices."""
    return row.line.link_share < LINKED and row.key.endswith("。") and len(_HAN.findall(row.key)) >= _SHORT
