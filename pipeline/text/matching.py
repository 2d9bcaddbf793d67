"""Patterns in, those out that a line matches: all at once, few of them tried.

What a pattern must begin with and what must stand in every match of it is read off the pattern; a line's characters
then leave a handful of the patterns to try.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_Characters = frozenset[str]
_LARGEST = 512  # characters of a class that is worth an index
_DIGITS = frozenset("0123456789")
_BLANKS = frozenset(" \t\n\r\f\v\x1c\x1d\x1e\x1f")
_ODD = re.compile(
    r"[^\x00-\x7f](?<=[\s\d\u0130\u0131\u017f\u212a])"
)  # blanks, digits, letters beyond ASCII: no short cut
_REPEATS = (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT)


class PatternSet:
    """Patterns to search in lines, case ignored; numbered in their order."""

    def __init__(self, patterns: Sequence[str]) -> None:
        trees = [_parser.parse(pattern, re.IGNORECASE) for pattern in patterns]
        anchored = [_is_anchored(tree) for tree in trees]
        self._tests = [
            compiled.match if at_start else compiled.search
            for compiled, at_start in zip((re.compile(each, re.IGNORECASE) for each in patterns), anchored, strict=True)
        ]
        firsts = [_first(tree)[0] if at_start else None for tree, at_start in zip(trees, anchored, strict=True)]
        self._any_first, self._first = _indexed(firsts)
        self._any_within, self._within = _indexed([_needed(tree) for tree in trees])
        self._telling = frozenset(self._within)

    def matching(self, line: str) -> tuple[int, ...]:
        """The numbers of the patterns that are found in a line."""
        possible = self._possible(line)
        found = []
        while possible:
            at = (possible & -possible).bit_length() - 1
            possible &= possible - 1
            if self._tests[at](line):
                found.append(at)
        return tuple(found)

    def tried(self, line: str) -> int:
        """How many patterns are tried on a line."""
        return self._possible(line).bit_count()

    def _possible(self, line: str) -> int:
        if _ODD.search(line):
            return (1 << len(self._tests)) - 1
        folded = line.lower()
        possible = self._any_within
        for character in self._telling.intersection(folded):
            possible |= self._within[character]
        return possible & self._first.get(folded[:1], self._any_first)


def _indexed(sets: Sequence[_Characters | None]) -> tuple[int, dict[str, int]]:
    """The patterns that any character may stand for, as bits, and for each character those it may stand for."""
    anything = sum(1 << at for at, characters in enumerate(sets) if characters is None)
    index: defaultdict[str, int] = defaultdict(lambda: anything)
    for at, characters in enumerate(sets):
        for character in characters or ():
            index[character] |= 1 << at
    return anything, dict(index)


def _is_anchored(tree: Iterable[Any]) -> bool:
    """Whether a match can only begin where the line does."""
    for kind, value in tree:
        if kind is op.AT:
            return bool(value is op.AT_BEGINNING)
        if kind is op.BRANCH:
            return all(map(_is_anchored, value[1]))
        if kind is op.SUBPATTERN:
            return _is_anchored(value[3])
        if kind not in (op.ASSERT, op.ASSERT_NOT):
            return False
    return False


def _first(tree: Iterable[Any]) -> tuple[_Characters | None, bool]:
    """The characters that a match may begin with, None for any; and whether it may be empty."""
    characters: _Characters = frozenset()
    for kind, value in tree:
        if kind in (op.AT, op.ASSERT, op.ASSERT_NOT):
            continue
        if kind is op.SUBPATTERN:
            found, empty = _first(value[3])
        elif kind is op.BRANCH:
            every = [_first(branch) for branch in value[1]]
            found, empty = _union(each for each, _ in every), any(skipped for _, skipped in every)
        elif kind in _REPEATS:
            found, empty = _first(value[2])
            empty = empty or not value[0]
        else:
            found, empty = _characters(kind, value), False
        if found is None:
            return None, False
        characters |= found
        if not empty:
            return characters, False
    return None, True


def _needed(tree: Iterable[Any]) -> _Characters | None:
    """Characters of which every match holds at least one, as few as can be; None where there are no such."""
    found = [each for each in (_needed_by(kind, value) for kind, value in tree) if each is not None]
    return min(found, key=len, default=None)


def _needed_by(kind: Any, value: Any) -> _Characters | None:
    if kind is op.SUBPATTERN:
        return _needed(value[3])
    if kind is op.BRANCH:
        return _union(_needed(branch) for branch in value[1])
    if kind in _REPEATS:
        return _needed(value[2]) if value[0] else None
    if kind is op.ASSERT:
        return _needed(value[1])
    if kind in (op.AT, op.ASSERT_NOT):
        return None
    return _characters(kind, value)


def _union(sets: Iterable[_Characters | None]) -> _Characters | None:
    every = list(sets)
    return None if None in every else frozenset().union(*(each for each in every if each))


def _characters(kind: Any, value: Any) -> _Characters | None:
    """What one element matches, in lower case; None if that is too much to name."""
    if kind is op.LITERAL:
        return frozenset(chr(value).lower()) if len(chr(value).lower()) == 1 else None
    if kind is not op.IN:
        return None
    characters: set[str] = set()
    for part, inner in value:
        if part is op.LITERAL:
            characters |= set(chr(inner).lower())
        elif part is op.RANGE and inner[1] - inner[0] < _LARGEST:
            characters |= {chr(code).lower() for code in range(inner[0], inner[1] + 1)}
        elif part is op.CATEGORY and inner is op.CATEGORY_DIGIT:
            characters |= _DIGITS
        elif part is op.CATEGORY and inner is op.CATEGORY_SPACE:
            characters |= _BLANKS
        else:
            return None
    return frozenset(characters) if len(characters) < _LARGEST else None
