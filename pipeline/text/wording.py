"""Texts in, what two of them have in common out, and what is left of one whose numbers change from page to page."""

import re
import unicodedata

import xxhash

from pipeline.page.fields.title_text import letters

_HAN = re.compile(r"[\u3400-\u9fff\u3041-\u30ff\uac00-\ud7a3]+")
_WORD = re.compile(r"[^\W\d_]{3,}")
_NUMBERED = re.compile(r"[^\W_\u3040-\ua4cf]*\d[^\W_\u3040-\ua4cf]*")  # 8f3a21, 2026, t20260104, 404


def folded(text: str) -> str:
    """One width, one case."""
    return unicodedata.normalize("NFKC", text).lower()


def units(text: str) -> frozenset[str]:
    """What a text is made of: pairs of neighbouring Han characters, and words of three letters and more."""
    text = folded(text)
    pairs = {run[at : at + 2] for run in _HAN.findall(text) for at in range(len(run) - 1)}
    return frozenset(pairs | set(_WORD.findall(_HAN.sub(" ", text))))


def shared(text: str, title: str) -> int:
    """How many units of a title a text has as well."""
    return len(units(text) & units(title))


def shape(text: str) -> str:
    """A digest of what a text says, its numbers aside: an error page names a time, a request or its own address."""
    return xxhash.xxh3_128_hexdigest(letters(_NUMBERED.sub("", folded(text))).encode("utf-8", "replace"))
