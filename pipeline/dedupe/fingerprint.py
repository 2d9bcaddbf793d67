"""A text in, its fingerprint out: digest of the canonical text, and sampled shingle keys to find what resembles it.

The keys are a sample by value ("mod p", FracMinHash; Broder 1997, Manber 1994), so that two texts keep the same
shingles of what they share, however long the rest of each is. They are hashes of 63 bits: a signed and an unsigned
column hold the same numbers.
"""

import re
import unicodedata

import numpy as np
import xxhash
from numpy.typing import NDArray
from pydantic import Field

from pipeline.core.config import Strict
from pipeline.core.models import Fingerprint
from pipeline.text.repair import simplified, strip_readings

Codes = NDArray[np.uint32]
Hashes = NDArray[np.uint64]

# What nearly every text holds: fullwidth forms, dots and blanks.
_FOLDED = {c: unicodedata.normalize("NFKC", c) for c in map(chr, (0xA0, 0x2026, 0x3000, *range(0xFF01, 0xFF5F)))}
_NO_WORD = re.compile(r"[\W_]+")
_BASE = 0x9E3779B97F4A7C15  # odd: no character's weight is lost
_TOP_BITS = np.uint64(1)
_RANGE = 1 << 63


class FingerprintRules(Strict):
    """How many keys of which length a text has (`config/dedupe.yaml`)."""

    shingle: int = Field(ge=2, le=64)
    sample: int = Field(ge=1)
    least_keys: int = Field(ge=1)


def readable(text: str) -> str:
    """Compatibility forms folded (NFKC), pinyin annotations gone, simplified, lower case; line breaks stay."""
    # Character by character first: what is normal then is not taken apart and put together again.
    for character in _FOLDED.keys() & set(text):
        text = text.replace(character, _FOLDED[character])
    bare, _ = strip_readings(unicodedata.normalize("NFKC", text))
    return simplified(bare).lower()


def words_only(text: str) -> str:
    """Han characters, letters and digits; everything else is typography."""
    return _NO_WORD.sub("", text)


def canonical(text: str) -> str:
    """The text as it is compared, never as it is kept: two texts with the same canonical form are the same text."""
    return words_only(readable(text))


def codes(canonical_text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(canonical_text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def shingles(points: Codes, length: int) -> Hashes:
    """One hash for each run of `length` characters, in order; none if the text is shorter."""
    if len(points) < length:
        return np.empty(0, dtype=np.uint64)
    # Hashes of runs that double in length are put together to any length.
    done, doubled, width, result = 0, points.astype(np.uint64), 1, None
    while True:
        if length & width:
            result = doubled if result is None else _joined(result, doubled, done, width)
            done += width
        if done == length:
            assert result is not None
            return result[: len(points) - length + 1]
        doubled = _joined(doubled, doubled, width, width)
        width *= 2


def _joined(left: Hashes, right: Hashes, left_width: int, right_width: int) -> Hashes:
    """Hashes of runs of `left_width` + `right_width` characters, from those of both parts."""
    weight = np.uint64(pow(_BASE, right_width, 1 << 64))
    count = max(min(len(left), len(right) - left_width), 0)
    return left[:count] * weight + right[left_width : left_width + count]


def keys(canonical_text: str, rules: FingerprintRules) -> Hashes:
    """The sorted distinct keys of a canonical text; all of a short text's shingles up to the floor."""
    points = codes(canonical_text)
    hashes = _mixed(shingles(points, min(rules.shingle, len(points)) or 1)) >> _TOP_BITS
    sampled = np.unique(hashes[hashes < np.uint64(_RANGE // rules.sample)])
    return sampled if len(sampled) >= rules.least_keys else np.unique(hashes)[: rules.least_keys]


def _mixed(hashes: Hashes) -> Hashes:
    """Every bit depends on every bit (the finaliser of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return hashes ^ (hashes >> np.uint64(31))


def digest(canonical_text: str) -> str:
    """128 bits as 32 hex digits; equal for equal canonical texts."""
    return xxhash.xxh3_128_hexdigest(canonical_text.encode("utf-8", "surrogatepass"))


def fingerprint(text: str, rules: FingerprintRules) -> Fingerprint:
    """The fingerprint of a text as it stands in a document."""
    form = canonical(text)
    return Fingerprint(digest=digest(form), keys=tuple(keys(form, rules).tolist()))
