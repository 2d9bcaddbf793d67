"""What people read is written in English in the code, and in the other languages in one catalogue each (`words/zh.po`).

A message is English with `{}` where something stands. One that was made whole, or was stored (a report's details), is found
again by its pattern, so that a store has no language and every reader has one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from pathlib import Path

TAGS = {"en": "en", "zh": "zh-Hans"}  # the languages, and what HTML calls them
_WORDS = Path(__file__).with_name("words")
_CLAUSES = re.compile(r"(; |\. |\n)")  # between what was made by itself and set together
_TOGETHER = 9  # clauses, with what stands between them, of one message
_LETTERS = 6  # that a message must have beside what stands in it, to be known again by its pattern
_asked: ContextVar[str] = ContextVar("language", default="")
_spoken = ["en"]  # of this process


def chosen(*wishes: str) -> str:
    """The first of our languages that is wished for: `zh`, `zh_CN.UTF-8`, or a browser's `fr, zh-TW;q=0.9, en;q=0.5`."""
    for wish in wishes:
        for one in wish.split(","):
            if (name := re.split(r"[-_.;@]", one.strip().lower())[0]) in TAGS:
                return name
    return "en"


def speak(language: str) -> None:
    """From here on this process speaks it."""
    _spoken[0] = language


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speak it for the length of a block, as for the browser of one request."""
    token = _asked.set(language)
    try:
        yield
    finally:
        _asked.reset(token)


def spoken() -> str:
    """The language that is spoken here."""
    return _asked.get() or _spoken[0]


def t(message: str, *values: object) -> str:
    """A message in the language that is spoken, its `{}` filled; in English where its catalogue lacks it."""
    language = spoken()
    if not values:
        return message if language == "en" else _again(message, language)
    return (message if language == "en" else _catalogue(language).get(message, message)).format(*values)


def _again(text: str, language: str) -> str:
    """A text that is whole already: as it stands in the catalogue, by its pattern, or clause by clause."""
    words, bare = _catalogue(language), text.strip()
    if not bare or text in words:
        return words.get(text, text)
    if bare != text:
        return text.replace(bare, _again(bare, language))
    if (found := _by_pattern(text, language)) is not None:
        return found
    clauses = _CLAUSES.split(text)
    return _of_clauses(clauses, language) if len(clauses) > 1 else _behind_place(text, language)


def _of_clauses(clauses: list[str], language: str) -> str:
    """Clause by clause, several together where they are one message."""
    words, said, at = _catalogue(language), "", 0
    while at < len(clauses):
        ends = range(min(len(clauses), at + _TOGETHER), at, -1)
        end = next((end for end in ends if "".join(clauses[at:end]) in words), at + 1)
        said += _again("".join(clauses[at:end]), language)
        at = end
    return said


def _behind_place(text: str, language: str) -> str:
    """`file:line: key: message`, where only the message is ours: the longest end that the catalogue knows."""
    for place in re.finditer(": ", text):
        end = text[place.end() :]
        words = _catalogue(language).get(end) or _by_pattern(end, language)
        if words is not None:
            return text[: place.end()] + words
    return text


@lru_cache(4096)
def _by_pattern(text: str, language: str) -> str | None:
    for pattern, words in _patterns(language):
        if found := pattern.fullmatch(text):
            return words.format(*(_again(each, language) for each in found.groups()))
    return None


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """The messages with something in them, those that say most first."""
    said = {each: len(re.findall(r"\w", each.replace("{}", ""))) for each in _catalogue(language) if "{" in each}
    named = sorted((each for each, letters in said.items() if letters >= _LETTERS), key=lambda each: -said[each])
    return tuple(
        (re.compile("(.*?)".join(map(re.escape, each.split("{}"))), re.S), _catalogue(language)[each]) for each in named
    )


@cache
def _catalogue(language: str) -> dict[str, str]:
    from babel.messages.pofile import read_po  # which English needs not

    with (_WORDS / f"{language}.po").open("rb") as file:
        return {str(each.id): str(each.string) for each in read_po(file) if each.id and each.string}
