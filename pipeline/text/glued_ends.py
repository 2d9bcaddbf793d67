"""`…增长5%。（责编：某人）`: what stands behind a paragraph's last sentence, split off to be judged as a line of its own."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from pipeline.text.folded_lines import Row
from pipeline.text.rules import BoilerplateRules, compiled

_TEXTS = ("published", "reading", "key")
_SENTENCE = re.compile(r"[。!?…][”\"’』」)]*")
_BRACKETED = re.compile(r"\s*[(\[][^()\[\]]{1,60}[)\]]$")


def split(rows: Sequence[Row], rules: BoilerplateRules) -> list[Row]:
    """The rows; one whose end the rules of the tail know becomes several, all with its index."""
    return [part for row in rows for part in _parts(row, rules)]


def mend(rows: Sequence[Row], whole: Sequence[Row], rules: BoilerplateRules) -> list[Row]:
    """What is left of the rows that `split` made of the whole ones: parts that no rule took stand together again."""
    by_index = {row.index: row for row in whole}
    return [_joined(list(parts), by_index[index], rules) for index, parts in groupby(rows, key=lambda row: row.index)]


def _parts(row: Row, rules: BoilerplateRules) -> list[Row]:
    starts = sorted(_known_ends(row.key, rules))
    if not starts or compiled(rules.rights).search(row.key[: starts[0]]):
        return [row]
    return [_part(row, start, end) for start, end in zip([0, *starts], [*starts, len(row.key)], strict=True)]


def _known_ends(key: str, rules: BoilerplateRules) -> Iterator[int]:
    """Where the statements begin that the rules know, from the last one upwards, until one is unknown."""
    end = len(key)
    while True:
        text = key[:end].rstrip()
        bracketed = _BRACKETED.search(text)
        sentences = [found.end() for found in _SENTENCE.finditer(text) if found.end() < len(text)]
        start = max(bracketed.start() if bracketed else 0, *sentences[-1:], 0)
        if not start or not rules.knowing(text[start:].strip(), "tail"):
            return
        yield start
        end = start


def _part(row: Row, start: int, end: int) -> Row:
    """Of a repaired row the published form of its beginning stays whole: its characters stand elsewhere."""
    reading, key = row.reading[start:end].strip(), row.key[start:end].strip()
    published = reading if start or row.published == row.reading else row.published
    return Row(index=row.index, published=published, reading=reading, key=key, line=row.line)


def _joined(parts: Sequence[Row], whole: Row, rules: BoilerplateRules) -> Row:
    if len(parts) == len(_parts(whole, rules)):
        return whole
    published, reading, key = ("".join(getattr(part, name) for part in parts) for name in _TEXTS)
    return Row(index=whole.index, published=published, reading=reading, key=key, line=whole.line)
