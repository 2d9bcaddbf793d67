"""Phrase templates in, sentences out: the same template, pools and random numbers give the same words.

`[name]` takes a phrase of the pool `name` (which may hold slots itself), `(a|b|c)` one of the alternatives,
`[3-40]` a whole number, `[1.2-9.8]` a decimal one. A name among the facts of an article is always that fact.
"""

import random
import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

Pools = Mapping[str, Sequence[str]]

WORDS = Path(__file__).parents[1] / "words"
_INNERMOST = re.compile(r"\[([^\[\]()|]+)\]|\(([^\[\]()]*)\)")
_RANGE = re.compile(r"(\d+(?:\.(\d+))?)-(\d+(?:\.\d+)?)")


@cache
def words(name: str) -> dict[str, dict[str, list[str]]]:
    """The pools of one word file, by table."""
    with (WORDS / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


class Voice:
    """One article's way of speaking: its facts stay, and no phrase comes twice before all others came once."""

    def __init__(self, rng: random.Random, pools: Pools, facts: Mapping[str, str]) -> None:
        self.rng = rng
        self.facts = dict(facts)
        self._pools = pools
        self._decks: dict[str, list[str]] = {}

    def say(self, template: str) -> str:
        """The template with all its slots filled."""
        while True:
            spoken = _INNERMOST.sub(self._fill, template)
            if spoken == template:
                return spoken
            template = spoken

    def draw(self, pool: str) -> str:
        """The next phrase of a pool, unfilled."""
        deck = self._decks.get(pool)
        if not deck:
            deck = self._decks[pool] = list(self._pools[pool])
            self.rng.shuffle(deck)
        return deck.pop()

    def one(self, pool: str) -> str:
        """The next phrase of a pool, filled."""
        return self.say(f"[{pool}]")

    def _fill(self, match: re.Match[str]) -> str:
        slot: str | None = match[1]
        if slot is None:
            choices: list[str] = match[2].split("|")
            return self.rng.choice(choices)
        if slot in self.facts:
            return self.facts[slot]
        if number := _RANGE.fullmatch(slot):
            low, decimals, high = number.groups()
            if decimals is None:
                return str(self.rng.randint(int(low), int(high)))
            return f"{self.rng.uniform(float(low), float(high)):.{len(decimals)}f}"
        return self.draw(slot)
