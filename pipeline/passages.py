"""A text in, its passages (sentences) out, each with its canonical form and whether it is prose."""

import re
from dataclasses import dataclass
from functools import cached_property

from pydantic import Field

from pipeline.config import Pattern, Strict
from pipeline.fingerprint import readable, words_only

# Sentences end here; a full stop only where it follows Chinese, or 1.5 would be two.
_END = re.compile(
    r"(?<=[。！？；!?;…])(?![”’」』）)])|(?<=[。！？!?][”’」』）)])|(?<=[\u3400-\u9fff%）)”])(?<=.)(?<!\d)\.(?!\d)|\n"
)
_STOPS = re.compile(r"[。！？；!?;，,]|[\u3400-\u9fff%）)”]\.")


class PassageRules(Strict):
    """What counts as somebody's prose (`config/dedupe.yaml`)."""

    prose_line: int = Field(ge=1)
    no_prose: tuple[Pattern, ...]
    appendix: tuple[Pattern, ...]

    @cached_property
    def no_prose_pattern(self) -> re.Pattern[str]:
        """All of them as one."""
        return re.compile("|".join(self.no_prose))

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


def split(text: str, rules: PassageRules) -> Passages:
    """The sentences of a text that hold any word."""
    raw: list[str] = []
    prose: list[bool] = []
    appended = False
    for line in text.split("\n"):
        appended = appended or (len(line) < 20 and rules.appendix_pattern.fullmatch(line) is not None)
        is_prose = not appended and _is_prose(line, rules)
        for sentence in _END.split(line):
            if sentence and not sentence.isspace():
                raw.append(sentence.strip())
                prose.append(is_prose)
    # One conversion for the whole text: it costs by the call.
    forms = [words_only(line) for line in readable("\n".join(raw)).split("\n")]
    held = [n for n, form in enumerate(forms) if form]
    return Passages(
        raw=tuple(raw[n] for n in held), forms=tuple(forms[n] for n in held), prose=tuple(prose[n] for n in held)
    )


def _is_prose(line: str, rules: PassageRules) -> bool:
    """A line that tells something: long, punctuated, and neither caption nor furniture by its wording."""
    return len(line) >= rules.prose_line and bool(_STOPS.search(line)) and not rules.no_prose_pattern.search(line)
