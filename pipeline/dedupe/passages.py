"""A text in, its passages (sentences) out, each with its canonical form and whether it is prose."""

import re
from dataclasses import dataclass
from functools import cached_property
from operator import ne

from pydantic import Field

from pipeline.core.config import Pattern, Strict
from pipeline.dedupe.fingerprint import readable, words_only
from pipeline.text.repair import simplified

# Sentences end here; a full stop only where it follows Chinese, or 1.5 would be two.
_END = re.compile(
    r"(?<=[。！？；!?;…])(?![”’」』）)])|(?<=[。！？!?][”’」』）)])|(?<=[\u3400-\u9fff%）)”])(?<=.)(?<!\d)\.(?!\d)|\n"
)
_STOPPED = re.compile(r"\w{8}.*[。！？；!?;]\W*$")
_STOPS = re.compile(r"[。！？；!?;，,]|[\u3400-\u9fff%）)”]\.")


class PassageRules(Strict):
    """What counts as somebody's prose (`config/dedupe.yaml`)."""

    prose_line: int = Field(ge=1)
    label_line: int = Field(ge=1)
    notice_line: int = Field(ge=1)
    notice_head: int = Field(ge=1)
    teaser: Pattern
    traditional_share: float = Field(gt=0, le=1)
    notices: tuple[Pattern, ...]
    labels: tuple[Pattern, ...]
    appendix: tuple[Pattern, ...]

    @cached_property
    def labels_pattern(self) -> re.Pattern[str]:
        """All of them as one, with the notices."""
        return re.compile("|".join((*self.labels, *self.notices)))

    @cached_property
    def notices_pattern(self) -> re.Pattern[str]:
        """All of them as one."""
        return re.compile("|".join(self.notices))

    @cached_property
    def appendix_pattern(self) -> re.Pattern[str]:
        """All of them as one, for a whole line."""
        return re.compile(rf"\W*(?:{'|'.join(self.appendix)})\W*")


@dataclass(frozen=True, slots=True)
class Passages:
    """The sentences of a text in order: as they stand, as they are compared, and which are prose."""

    raw: tuple[str, ...]
    forms: tuple[str, ...]
    prose: tuple[bool, ...]
    labels: tuple[bool, ...]  # captions, bylines, site furniture by their wording
    stated: tuple[bool, ...]  # sentences, whatever their wording: a byline states nothing
    teasers: tuple[bool, ...]  # beginnings of other articles
    traditional: bool  # in traditional characters, of a machine's making or not


def split(text: str, rules: PassageRules) -> Passages:
    """The sentences of a text that hold any word."""
    found: list[tuple[str, bool, bool, bool, bool]] = []
    appended = False
    traditional = _is_traditional(text, rules)
    for line in text.split("\n"):
        plain = simplified(line) if traditional else line
        appended = appended or (len(line) < rules.prose_line and rules.appendix_pattern.fullmatch(plain) is not None)
        teaser = re.search(rules.teaser, plain) is not None
        told = _is_stated(line, rules)
        labelled = (appended and not told) or _is_label(plain, told, rules)
        for sentence, simple in zip(_END.split(line), _END.split(plain), strict=True):
            if sentence and not sentence.isspace():
                stated = _is_stated(sentence, rules)
                # A page of one paragraph has its bylines in the same line as the article.
                label = labelled or (told and simple != plain and _is_label(simple, stated, rules))
                found.append((sentence.strip(), told and not label, label, stated, teaser))
    # One conversion for the whole text: it costs by the call.
    forms = [words_only(line) for line in readable("\n".join(raw for raw, *_ in found)).split("\n")]
    held = [n for n, form in enumerate(forms) if form]
    raw, prose, labels, stated_, teasers = zip(*(found[n] for n in held), strict=True) if held else ((),) * 5
    return Passages(raw, tuple(forms[n] for n in held), prose, labels, stated_, teasers, traditional)


def _is_stated(line: str, rules: PassageRules) -> bool:
    """Whether it is a sentence, not a heading or a label."""
    return bool(_STOPS.search(line) if len(line) >= rules.prose_line else _STOPPED.search(line))


def _is_label(line: str, stated: bool, rules: PassageRules) -> bool:
    """Worded as a caption, a byline or furniture: anywhere in what states nothing, else in its first words or at its end."""
    if len(line) > rules.notice_line:
        return False
    found = rules.labels_pattern.search(line)
    if not found or found.end() <= rules.notice_head or len(line) > rules.label_line:
        return found is not None and found.end() <= rules.notice_head
    return not stated or found.end() == len(line) or rules.notices_pattern.search(line) is not None


def _is_traditional(text: str, rules: PassageRules) -> bool:
    """A simplified text may hold a traditional character or two, in a name."""
    other = simplified(text)
    if other == text:
        return False
    changed: int = sum(map(ne, text, other))
    return changed >= rules.traditional_share * len(text)
