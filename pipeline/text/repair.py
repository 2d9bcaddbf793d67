"""A text in, its repaired simplified reading out where a farm has machine-converted it: 實(shí)現(xiàn) → 实现.

Measured in `dedup`: readings in brackets behind traditional characters occur in no honest text of 14,567,
a naive expression would have hurt 92 of them ((CPI), (GDP), …).
"""

import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from opencc import OpenCC

from pipeline.core.config import Strict


class RepairLimits(Strict):
    """When a text counts as machine-converted."""

    least_hits: int = 2  # readings behind a traditional character; one is a gloss
    han_per_hit: int = 400  # and at least one in so many Han characters
    short_text: int = 60  # below so many Han characters one hit is enough
    any_hits: int = 5  # in a traditional text, readings behind whichever characters: more than glosses of rare ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """The text to read, whether it differs by a repair, and how many annotations were taken out."""

    text: str
    repaired: bool
    annotations: int


LIMITS = RepairLimits()
_READING = r"[a-zü\u00e0-\u01dc\u01f8-\u01f9\u1e3f]{1,6}"
# Farms and their editors leave white space in the brackets and strew signs that nobody sees between the characters.
_STREWN = r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]*"
_SPACE = r"[ \t\xa0\u2002-\u200a\u3000]{0,2}"
_ANNOTATED = re.compile(
    rf"([\u3400-\u9fff])((?:{_STREWN}{_SPACE}{_STREWN}[(（]{_SPACE}{_STREWN}{_READING}(?:{_SPACE}{_STREWN}[,，/、]{_SPACE}{_READING})*{_STREWN}{_SPACE}[)）])+)"
)
_BRACKET = re.compile(rf"[(（]{_SPACE}{_STREWN}{_READING}")  # quick: most texts have none
_SPACED = re.compile(r"[^\s(（]\s+[)）]")  # 网络(luò )主播: no person writes so, and the text may be simplified since
_TONED = re.compile("[\u00e0-\u00fc\u0101-\u01dc]")
_ABOUT_READINGS = re.compile("讀音|读音|讀作|读作|多音|拼音|注音")  # a text on pronunciation glosses on purpose
_HAN = re.compile(r"[\u3400-\u9fff]")
_DOUBLED_COMMA = re.compile(r"([，,])\1+")
_to_simplified = OpenCC("t2s")


def simplified(text: str) -> str:
    """Traditional characters replaced by OpenCC's t2s; for one character or a whole text."""
    return str(_to_simplified.convert(text))


def repair(text: str, limits: RepairLimits = LIMITS) -> Repaired:
    """The simplified reading of a machine-converted text; any other text as it is. Line breaks stay where they are."""
    if not is_machine_converted(text, limits):
        return Repaired(text=text, repaired=False, annotations=0)
    bare, annotations = strip_readings(text, converted=True)
    return Repaired(text=simplified(_DOUBLED_COMMA.sub(r"\1", bare)), repaired=True, annotations=annotations)


def is_machine_converted(text: str, limits: RepairLimits = LIMITS) -> bool:
    """Whether readings stand behind traditional characters so often that only a machine can have put them there."""
    if not _BRACKET.search(text):
        return False
    annotated = [match for match in _ANNOTATED.finditer(text) if _is_reading(match)]
    if not annotated or _ABOUT_READINGS.search(text):
        return False
    hits = sum(simplified(match[1]) != match[1] or bool(_SPACED.search(match[2])) for match in annotated)
    if len(annotated) >= limits.any_hits and _is_traditional(text):
        hits = len(annotated)
    han = len(_HAN.findall(text))
    return hits >= (1 if han < limits.short_text else limits.least_hits) and hits * limits.han_per_hit >= han


def _is_traditional(text: str) -> bool:
    bare, _ = strip_readings(text)
    return simplified(bare) != bare


def strip_readings(text: str, *, converted: bool = False) -> tuple[str, int]:
    """The text without any reading that stands in brackets behind its character, and how many there were.

    In a text that a machine has converted a toned syllable behind a character is its reading, whatever dictionaries say.
    """
    found = 0

    def bare(match: re.Match[str]) -> str:
        nonlocal found
        if not _is_reading(match) and not (converted and _TONED.search(match[2])):
            return match[0]
        found += 1
        return match[1]

    return (_ANNOTATED.sub(bare, text), found) if _BRACKET.search(text) else (text, 0)


def _is_reading(match: re.Match[str]) -> bool:
    """Every bracket behind the character says one of its readings, with or without tone."""
    readings = _readings(match[1])
    return all(_toneless(said) in readings for said in re.findall(_READING, match[2]))


@cache
def _readings(character: str) -> frozenset[str]:
    """The toneless readings of a character and of its simplified form."""
    spoken = ",".join(_dictionary().get(str(ord(form)), "") for form in {character, simplified(character)})
    return frozenset(_toneless(reading) for reading in spoken.split(",") if reading)


@cache
def _dictionary() -> dict[str, str]:
    """What pypinyin knows of characters, by number. The package itself loads all of its phrases, too: half a second."""
    package = find_spec("pypinyin")
    assert package
    assert package.submodule_search_locations
    told: dict[str, str] = json.loads(
        Path(package.submodule_search_locations[0], "pinyin_dict.json").read_text("utf-8")
    )
    return told


def _toneless(reading: str) -> str:
    """lǜ, lü and lv are one: marks gone, ü written as v."""
    letters = unicodedata.normalize("NFD", reading).replace("u\u0308", "v")
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
