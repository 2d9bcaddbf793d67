"""Texts in, the sentences out that stand in many of one source's: furniture that cleaning left, formulas of a template.

Such sentences take no part in a comparison. They are learned from what the corpus holds and from the night itself,
never stored: there is nothing that could disagree with the corpus. A sentence of an article that many sites carry is
no furniture, so a text counts only if enough prose of it is its own, and texts with the same remainder count once.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import xxhash
from pydantic import Field

from pipeline.core.config import Strict
from pipeline.dedupe.passages import Passages

Furniture = Mapping[str, frozenset[int]]  # scope (a source, a host, "" where neither is known) -> hashes of sentences
NOTHING: frozenset[int] = frozenset()
_Sentences = dict[int, tuple[int, bool]]  # hash -> (characters, whether it is prose)


class FurnitureRules(Strict):
    """From how many texts on a sentence is furniture (`config/dedupe.yaml`)."""

    least_texts: int = Field(ge=2)
    learned_from: int = Field(ge=1)
    least_length: int = Field(ge=1)
    own_share: float = Field(ge=0, le=1)
    own_length: int = Field(ge=0)


def hash_of(form: str) -> int:
    """64 bits of a canonical sentence."""
    return xxhash.xxh3_64_intdigest(form.encode("utf-8", "surrogatepass"))


def learn(texts: Iterable[tuple[str, Passages]], rules: FurnitureRules) -> dict[str, frozenset[int]]:
    """The furniture of each scope, from (scope, passages of a text) pairs in any order."""
    scopes: defaultdict[str, list[_Sentences]] = defaultdict(list)
    for scope, passages in texts:
        hashes = map(hash_of, passages.forms)
        scopes[scope].append(
            {
                sentence: (len(form), prose)
                for sentence, form, prose in zip(hashes, passages.forms, passages.prose, strict=True)
            }
        )
    return {scope: found for scope, held in scopes.items() if (found := _of_one_scope(held, rules))}


def _of_one_scope(texts: list[_Sentences], rules: FurnitureRules) -> frozenset[int]:
    counts = Counter(sentence for text in texts for sentence in text)
    frequent = {sentence for sentence, count in counts.items() if count >= rules.least_texts}
    # The smallest hash of the prose that is a text's own stands for it, so that copies of a text are one voice.
    voices: defaultdict[int, set[int]] = defaultdict(set)
    for text in texts:
        common = text.keys() & frequent
        own = {sentence: length for sentence, (length, prose) in text.items() if prose and sentence not in common}
        if not common or sum(own.values()) < rules.own_share * sum(length for length, _ in text.values()) or not own:
            continue
        voice = min(own)
        for sentence in common:
            if text[sentence][0] >= rules.least_length:
                voices[sentence].add(voice)
    return frozenset(sentence for sentence, heard in voices.items() if len(heard) >= rules.least_texts)


def without(passages: Passages, furniture: frozenset[int], rules: FurnitureRules) -> tuple[int, ...]:
    """Which passages are the text's own, no furniture nor a teaser; all where too little would be left to compare."""
    own = tuple(
        n
        for n, form in enumerate(passages.forms)
        if not passages.teasers[n] and not (furniture and hash_of(form) in furniture)
    )
    enough = sum(len(passages.forms[n]) for n in own) >= rules.own_length
    return own if enough else tuple(range(len(passages.forms)))
