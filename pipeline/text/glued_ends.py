"""`…增长5%。（责编：某人）`: what stands behind a paragraph's last sentence, split off to be judged as a line of its own."""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from pipeline.text.folded_lines import Row, joined
from pipeline.text.rules import BoilerplateRules, compiled

_SENTENCE = re.compile(r"[。!?…][”\"’』」)]*")
_BRACKETED = re.compile(r"[(\[][^()\[\]]{1,60}[)\]]")


def split(rows: Sequence[Row], rules: BoilerplateRules) -> list[Row]:
    """The rows; one whose end the rules of the tail know becomes several, all with its index."""
    return [part for row in rows for part in _parts(row, rules)]


def mend(rows: Sequence[Row], whole: Sequence[Row], rules: BoilerplateRules) -> list[Row]:
    """What is left of the rows that `split` made of the whole ones: parts that no rule took stand together again."""
    by_index = {row.index: row for row in whole}
    return [_mended(list(parts), by_index[index]) for index, parts in groupby(rows, key=lambda row: row.index)]


def _parts(row: Row, rules: BoilerplateRules) -> list[Row]:
    starts = sorted(_known_ends(row.key, rules))
    if not starts or compiled(rules.rights).search(row.key[: starts[0]]):
        return [row]
    return [row.part(start, end) for start, end in zip([0, *starts], [*starts, len(row.key)], strict=True)]


def _known_ends(key: str, rules: BoilerplateRules) -> Iterator[int]:
    """Where the statements begin that the rules know, from the last one upwards, until one is unknown."""
    brackets = {found.end(): found.start() for found in _BRACKETED.finditer(key)}
    sentences = [found.end() for found in _SENTENCE.finditer(key)]
    end = len(key)
    while True:
        while end and key[end - 1].isspace():
            end -= 1
        while sentences and sentences[-1] >= end:
            sentences.pop()
        start = max(brackets.get(end, 0), *sentences[-1:], 0)
        if not start or not rules.knowing(key[start:end].strip(), "tail"):
            return
        yield start
        end = start


def _mended(parts: Sequence[Row], whole: Row) -> Row:
    return whole if sum(len(part.key) for part in parts) >= len(whole.key.replace(" ", "")) else joined(parts)
