"""What stands on pages beside articles, as data: the models of config/boilerplate.yaml and the matching of one line."""

import re
from collections.abc import Callable, Sequence
from functools import cache, cached_property, lru_cache
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from pipeline.core.config import Pattern, Strict
from pipeline.text.matching import PatternSet
from pipeline.text.repair import RepairLimits, simplified

Zone = Literal["head", "tail", "inline", "between", "title"]
FieldName = Literal["publisher", "author", "editor", "published", "document_number"]
Joined = Annotated[Pattern, BeforeValidator(lambda text: "".join(line.strip() for line in str(text).splitlines()))]

# One character for one character, so that a match on the folded line tells where to cut the published one.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: " ",
    0x00A0: " ",
    0x3010: "[",
    0x3011: "]",
    0x3014: "[",
    0x3015: "]",
    0xFE55: ":",
    0x2236: ":",
    0x4E28: "|",  # 丨, the stroke that editors type for a bar
    0x2502: "|",
    0xFFE8: "|",
}


def fold(text: str) -> str:
    """Half-width, simplified: what patterns are written for. As long as `text`, character by character."""
    folded = text.translate(_HALF_WIDTH)
    plain = simplified(folded)
    return plain if len(plain) == len(folded) else folded


# Spaces that say nothing: inside brackets, around a colon, between single characters set apart (责 任 编 辑).
_HOLLOW = re.compile(
    r"(?<=[(\[<]) +| +(?=[)\]>:])|(?<=:) +(?=\S)"
    r"|(?<=(?<![\u4e00-\u9fff])[\u4e00-\u9fff]) (?=[\u4e00-\u9fff](?![\u4e00-\u9fff]))"
)


def canonical(folded: str) -> tuple[str, Sequence[int]]:
    """A folded line without spaces that say nothing, and where each of its characters (and its end) stood before."""
    hollow = [found.span() for found in _HOLLOW.finditer(folded)] if " " in folded else []
    if not hollow:
        return folded, range(len(folded) + 1)
    gone = {at for start, end in hollow for at in range(start, end)}
    places = [at for at in range(len(folded)) if at not in gone]
    return "".join(folded[at] for at in places), [*places, len(folded)]


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of configuration, ready to search folded lines."""
    return re.compile(pattern, re.IGNORECASE)


class Guard(Strict):
    """What must hold around a line before a rule may act: all that one guard names; one guard of a rule is enough."""

    last: float | None = Field(default=None, ge=0, le=1)  # the line stands in this last share of the lines
    linked: float | None = Field(default=None, ge=0, le=1)  # this share of all that follows lies inside links
    words: Pattern = ""  # these stand in the line or in the `within` lines after it …
    at_least: int = Field(default=1, ge=1)  # … so many different ones of them
    within: int = Field(default=0, ge=0)
    not_below: Pattern = ""  # the first line above it that no rule knows is none like this
    after_end: bool = False  # the line before it, or the one before that, says that the article is over
    no_prose: bool = False  # no whole sentence follows
    nothing_left: bool = False  # all that followed it was taken
    cards: bool = False  # what follows is headings, summaries and bullets, no running text


class Rule(Strict):
    """One habit of pages: a pattern for a folded line, where it counts, what becomes of the line."""

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    pattern: Joined
    zones: tuple[Zone, ...] = Field(min_length=1)
    action: Literal["drop", "cut", "field", "strip"]  # strip: only what matched leaves the line
    field: FieldName | None = None  # filled from the group `value`
    anchor: bool = False  # in the head: nothing up to this line is body
    closes: bool = False  # in the tail: the article is over, what follows is not part of it
    guards: tuple[Guard, ...] = ()
    legitimate: str = ""  # where a body may say it, for the reader of this file
    matches: tuple[str, ...] = Field(min_length=1)
    spares: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _whole(self) -> "Rule":
        if self.action == "field" and self.field is None:
            raise ValueError(f"rule {self.name}: the action `field` needs the name of one")
        if self.field and self.field != "published" and "(?P<value>" not in self.pattern:
            raise ValueError(f"rule {self.name}: the pattern of a field needs a group `value`")
        return self

    def match(self, folded: str) -> re.Match[str] | None:
        """Where the pattern is found in a folded line."""
        return compiled(self.pattern).search(folded)


class Limits(Strict):
    """How long, how far, how much: the numbers of the zones."""

    sentence: int  # Han characters from which a line with 。 is running text
    rule_length: int  # longer lines are never furniture, unless a rule cuts inside them
    head_lines: int  # lines at most before the body, title not yet seen
    head_unknown: int  # unexplained lines at most between two lines of the head, title seen
    head_repeats: int  # the same rule at most so often in a head; more of it is a table or a list
    tail_unknown: int  # unexplained lines at most between two lines of the tail
    closing_share: float  # share of the sentences that stand before a line that ends the article
    title_least: int
    title_most: int
    caption_repeats: int  # `stem(1)`, `stem(2)`: a stem seen so often is a caption
    glue: int  # spaces that stand where a line break was
    cue_length: int  # longer lines are not asked for cues: they say all sorts of words
    odds_against: float = Field(le=0)  # log odds below which data takes a line that the rules left
    lead_outside: float = Field(ge=0, le=1)
    lead_inside: float = Field(ge=0, le=1)
    lead_said: float = Field(ge=0, le=1)
    reasons: int  # features that are named where data took a line


class BoilerplateRules(Strict):
    """config/boilerplate.yaml."""

    limits: Limits
    keep: Joined  # lines of the tail that are body: signatures, dates, attachments, bylines
    attachment: Joined  # these are body even behind the end of an article
    document_head: Joined  # lines that stand beside a title which is part of the document's own text
    statements: Joined  # where one metadata line makes several statements
    rights: Joined  # words of statements on who may copy and who answers for what is said
    not_a_title: Joined  # short lines of heads that are no titles
    repair: RepairLimits
    cues: dict[str, Joined]  # words that speak for or against a line; data says which, and how much
    rules: tuple[Rule, ...]

    @model_validator(mode="after")
    def _named_once(self) -> "BoilerplateRules":
        names = [rule.name for rule in self.rules]
        if repeated := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"rules named twice: {', '.join(sorted(repeated))}")
        return self

    @cached_property
    def by_zone(self) -> dict[Zone, tuple[Rule, ...]]:
        """The rules of each zone, in the order of the file."""
        zones: tuple[Zone, ...] = get_args(Zone)
        return {zone: tuple(rule for rule in self.rules if zone in rule.zones) for zone in zones}

    def knowing(self, folded: str, zone: Zone) -> tuple[Rule, ...]:
        """The rules of a zone that know this line, without a look at their guards."""
        return self._knowing(folded, zone) if len(folded) <= self.limits.rule_length else ()

    @cached_property
    def _knowing(self) -> Callable[[str, Zone], tuple[Rule, ...]]:
        """Every line of a page is asked about again and again: remembered, for some pages."""
        rules = [rule for rule in self.rules if rule.action != "strip"]
        patterns = PatternSet([rule.pattern for rule in rules])
        matching = lru_cache(maxsize=4096)(patterns.matching)

        @lru_cache(maxsize=4096)
        def knowing(folded: str, zone: Zone) -> tuple[Rule, ...]:
            return tuple(rules[at] for at in matching(folded) if zone in rules[at].zones)

        return knowing

    def cued(self, folded: str) -> frozenset[str]:
        """The names of the cues in a line."""
        return self._cued(folded) if len(folded) <= self.limits.cue_length else frozenset()

    @cached_property
    def _cued(self) -> Callable[[str], frozenset[str]]:
        names, patterns = tuple(self.cues), PatternSet(tuple(self.cues.values()))
        return lambda folded: frozenset(names[at] for at in patterns.matching(folded))

    def find(self, folded: str, zone: Zone) -> Rule | None:
        """The first of them."""
        return next(iter(self.knowing(folded, zone)), None)
