"""How titles are compared, parted and tidied."""

import re
import unicodedata

from pipeline.field_rules import TitleRules, compiled

SEPARATOR = re.compile(
    r"\s*(?:--+|——+|[_|｜丨¦»›>＞«<＜]+|::|\s[-–—·•/]\s)\s*"
    r"|(?<=[\u3400-\u9fff）)】》”])\s*[-－–—]\s*(?=[\u3400-\u9fffA-Za-z])"
)
CUT = re.compile(r"(\.{2,}|…+|\[详细\])\s*$")  # what a CMS leaves where it cut a title off
_NO_LETTERS = re.compile(r"[\W_]+")
_SUBTITLE = re.compile(r"^\s*(——|--|―|－|—|副标题)")


def letters(text: str) -> str:
    """The characters that count when two titles are compared: no white space, no punctuation, one width, one case."""
    return _NO_LETTERS.sub("", unicodedata.normalize("NFKC", text).lower())


def tidy(text: str, rule: TitleRules) -> str:
    """One line: breaks folded, subtitles, what farms put in front and `原标题：` gone."""
    lines = [" ".join(line.split()) for line in text.split("\n")]
    title = lines[0]
    for line in lines[1:]:
        if _SUBTITLE.search(line):
            break
        title += line if belongs_together(title, line, rule) else f" {line}"
    title = compiled(rule.original).sub("", title)
    return compiled(rule.prefix).sub("", title).strip()


def belongs_together(upper: str, lower: str, rule: TitleRules) -> bool:
    """Whether two lines are one official title: a body's name above 关于…, or a line that 的通知 completes."""
    if compiled(rule.document_head).search(lower) and compiled(rule.body_name).search(upper):
        return True
    started = compiled(rule.document_head).search(upper) or "关于" in upper
    return bool(
        started and not compiled(rule.document_kind).search(upper) and compiled(rule.document_kind).search(lower)
    )
