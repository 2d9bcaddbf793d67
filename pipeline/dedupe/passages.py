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
    traditional_share: float = Field(gt=0, le=1)
    labels: tuple[Pattern, ...]
    appendix: tuple[Pattern, ...]

    @cached_property
    def labels_pattern(self) -> re.Pattern[str]:
        """All of them as one."""
        return re.compile("|".join(self.labels))

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
    traditional: bool  # in traditional characters, of a machine's making or not


def split(text: str, rules: PassageRules) -> Passages:
    """The sentences of a text that hold any word."""
    raw: list[str] = []
    prose: list[bool] = []
    labels: list[bool] = []
    appended = False
    traditional = _is_traditional(text, rules)
    for line in text.split("\n"):
        plain = simplified(line) if traditional else line
        appended = appended or (len(line) < rules.prose_line and rules.appendix_pattern.fullmatch(plain) is not None)
        told = bool(_STOPS.search(line) if len(line) >= rules.prose_line else _STOPPED.search(line))
        labelled = (appended and len(line) <= rules.label_line) or _is_label(plain, rules)
        for sentence in _END.split(line):
            if sentence and not sentence.isspace():
                # A page of one paragraph has its bylines in the same line as the article.
                label = labelled or (len(line) > rules.label_line and _is_label(sentence, rules))
                raw.append(sentence.strip())
                prose.append(told and not label)
                labels.append(label)
    # One conversion for the whole text: it costs by the call.
    forms = [words_only(line) for line in readable("\n".join(raw)).split("\n")]
    held = [n for n, form in enumerate(forms) if form]
    return Passages(
        raw=tuple(raw[n] for n in held),
        forms=tuple(forms[n] for n in held),
        prose=tuple(prose[n] for n in held),
        labels=tuple(labels[n] for n in held),
        traditional=traditional,
    )


def _is_label(line: str, rules: PassageRules) -> bool:
    """Worded as a caption, a byline or furniture: a short line anywhere in it, a disclaimer in its first words."""
    if len(line) <= rules.label_line:
        return rules.labels_pattern.search(line) is not None
    if len(line) > rules.notice_line:
        return False
    if not rules.labels_pattern.search(line[: rules.notice_head]):
        return False
    # Looked for in the whole line as well: what ends a line must not be found where its head was cut off.
    found = rules.labels_pattern.search(line)
    return found is not None and found.end() <= rules.notice_head


def _is_traditional(text: str, rules: PassageRules) -> bool:
    """A simplified text may hold a traditional character or two, in a name."""
    other = simplified(text)
    if other == text:
        return False
    changed: int = sum(map(ne, text, other))
    return changed >= rules.traditional_share * len(text)
