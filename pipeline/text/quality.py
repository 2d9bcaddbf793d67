"""What became of a page in, nothing out: a page that is no document raises Reject with its closed reason."""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from pydantic import Field

from pipeline.core.config import Strict
from pipeline.core.errors import Reject
from pipeline.core.models import Cleaned, Decoded, Extracted, Line, Reason
from pipeline.page.obstacles import Cause, Signatures, recognise
from pipeline.text.repair import strip_readings
from pipeline.text.rules import Joined, compiled, fold


class QualityRules(Strict):
    """config/quality.yaml."""

    least_letters: int
    least_sentence: int
    least_with_file: int
    most_files: int
    error_letters: int
    shared_least: int
    error_headline: Joined
    trace_share: float = Field(ge=0, le=1)
    trace: Joined
    list_lines: int
    list_linked: float = Field(ge=0, le=1)
    list_dates: int
    list_dated: float = Field(ge=0, le=1)
    list_prose: float = Field(ge=0, le=1)
    link_letters: int
    list_links: int
    shell_letters: int
    replaced: float = Field(ge=0, le=1)
    salad: float = Field(ge=0, le=1)
    salad_characters: Joined
    common_least: int
    common: float = Field(ge=0, le=1)
    common_characters: str
    notice_letters: int
    soft_404: Joined
    login: Joined
    challenge: Joined

    @cached_property
    def commonest(self) -> frozenset[str]:
        """The characters that every Chinese text is full of."""
        return frozenset(self.common_characters)


_NO_LETTERS = re.compile(r"[\W_]+")
_HAN = re.compile(r"[\u3400-\u9fff]")
_KANA_HANGUL = re.compile(r"[\u3041-\u30ff\uac00-\ud7a3]")
_SENTENCE_END = re.compile(r"。|[！？；!?;.][”’」』）)\"']*$")
_FILE = re.compile(r"\.(?:docx?|xlsx?|pptx?|pdf|ofd|wps|et|zip|rar)\)?$|^附\s*件", re.IGNORECASE)
_DATED = re.compile(
    r"^\W*(?:\d{4}\W)?\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?\W*$|\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?\W*$"
    r"|^\W*\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}"
)
_DATE = re.compile(r"(?<!\d)(?:(?:\d{4}|\d{3})[-/.年])?\d{1,2}[-/.月]\d{1,2}(?![\d.])")
_TAG = re.compile(
    r"<(script|style|noscript|template|title)\b.*?</\1\s*>|<!--.*?-->|<[^>]*>|&\w+;", re.IGNORECASE | re.DOTALL
)
_LINK = re.compile(r"<a\b[^>]*\bhref\b[^>]*>(.*?)</a\s*>", re.IGNORECASE | re.DOTALL)
_PASSWORD = re.compile(r"""<input[^>]+type=["']?password""", re.IGNORECASE)
_GONE = (404, 410)


def judge(
    extracted: Extracted,
    cleaned: Cleaned,
    decoded: Decoded,
    page_status: int,
    rules: QualityRules,
    signatures: Signatures | None = None,
    headers: Iterable[tuple[str, str]] = (),
) -> None:
    """Return if the page holds a document; raise Reject with the reason if it does not.

    `signatures` are those of the firewalls (`obstacles.yaml`): a challenge is named before its status is looked at.
    """
    text = "\n".join(cleaned.paragraphs)
    lines = [line for line in extracted.lines if not line.apart]
    seen = sum(len(part) for line in lines for part in line.text.split())
    obstacle = recognise(page_status, headers, decoded.text, signatures, at_least=seen) if signatures else None
    _judge_answer(obstacle, page_status)
    _judge_characters(text, rules)
    _judge_notice(extracted.title, text, decoded.text, rules)
    if extracted.videos and not is_text(extracted, cleaned, rules):  # the cards of other films beside it are no list
        raise Reject(Reason.VIDEO_ONLY, f"{extracted.videos} videos, {_letters(text)} letters")
    if reason := listed(lines, cleaned.paragraphs, rules):
        raise Reject(reason, f"{len(lines)} lines")
    if not is_text(extracted, cleaned, rules):
        _judge_rest(extracted, text, decoded.text, obstacle, rules)


def _judge_answer(obstacle: Cause | None, status: int) -> None:
    if obstacle and obstacle.blocks:
        raise Reject(Reason.CHALLENGE, obstacle.value)
    if status in _GONE:
        raise Reject(Reason.GONE, str(status))
    if obstacle is Cause.LOGIN:
        raise Reject(Reason.LOGIN, obstacle.value)
    if not 200 <= status < 300:
        raise Reject(Reason.HTTP_STATUS, str(status))
    if obstacle is Cause.SOFT_404:
        raise Reject(Reason.SOFT_404, "says that nothing is here")


def _judge_characters(text: str, rules: QualityRules) -> None:
    """Bytes that were read with the wrong charset, by us or by the publisher before us."""
    characters = len(text)
    if not characters:
        return
    if text.count("\ufffd") > rules.replaced * characters:
        raise Reject(Reason.MOJIBAKE, f"{text.count(chr(0xFFFD))} replacement characters")
    han = _HAN.findall(text)
    if _is_western(text, len(han)):
        return
    letters = _letters(text)
    spoken, _ = strip_readings(text, converted=True)  # 重(chóng)庆: a tone is no accent
    wrong = sum(len(found) for found in compiled(rules.salad_characters).findall(spoken))
    if wrong > rules.salad * letters:
        raise Reject(Reason.MOJIBAKE, f"{wrong} characters that only a wrong charset makes")
    chinese = len(han) * 2 > letters and not _KANA_HANGUL.search(text)
    if (
        chinese
        and len(han) >= rules.common_least
        and sum(map(rules.commonest.__contains__, han)) < rules.common * len(han)
    ):
        raise Reject(Reason.MOJIBAKE, "hardly any common character")


def _is_western(text: str, han: int) -> bool:
    """Accents belong to words: a letter before or behind them in most cases."""
    return not han and len(re.findall(r"[\u00c0-\u00ff]", text)) * 2 < len(re.findall(r"[A-Za-z]", text))


def _judge_notice(title: str, text: str, html: str, rules: QualityRules) -> None:
    """Pages whose short text says that the article is elsewhere, gone or behind a door."""
    if _letters(text) >= rules.notice_letters:
        return
    said = fold(f"{title}\n{text}")
    for reason, pattern in (
        (Reason.CHALLENGE, rules.challenge),
        (Reason.SOFT_404, rules.soft_404),
        (Reason.LOGIN, rules.login),
    ):
        if any(compiled(pattern).search(line.strip()) for line in said.split("\n")):
            raise Reject(reason, said.strip()[:60])
    if not text and _PASSWORD.search(html):
        raise Reject(Reason.LOGIN, "asks for a password")


def is_text(extracted: Extracted, cleaned: Cleaned, rules: QualityRules) -> bool:
    """Whether there is enough to read: a sentence, much without one, or a few words with a file."""
    letters = _letters("".join(cleaned.paragraphs))
    if letters >= rules.least_letters or any(is_sentence(paragraph, rules) for paragraph in cleaned.paragraphs):
        return True
    if len(extracted.fields.attachments) > rules.most_files:
        return False
    filed = bool(extracted.fields.attachments) or any(_FILE.search(fold(paragraph)) for paragraph in cleaned.paragraphs)
    return filed and letters >= rules.least_with_file


def is_sentence(paragraph: str, rules: QualityRules) -> bool:
    """Whether a paragraph says something whole; three letters of an alphabet count as one character."""
    dense = len(_HAN.findall(paragraph)) + len(_KANA_HANGUL.findall(paragraph))
    said = dense + (_letters(paragraph) - dense) / 3
    return said >= rules.least_sentence and bool(_SENTENCE_END.search(paragraph))


def _judge_rest(extracted: Extracted, text: str, html: str, obstacle: Cause | None, rules: QualityRules) -> None:
    """Nothing to read: say what there is instead."""
    links = [_letters(_TAG.sub("", inner)) for inner in _LINK.findall(html)]
    if obstacle is Cause.EMPTY_SHELL:
        raise Reject(Reason.EMPTY_SHELL, "a browser would have to fill it")
    if extracted.images:
        raise Reject(Reason.IMAGE_ONLY, f"{extracted.images} pictures, {_letters(text)} letters")
    if sum(letters >= rules.link_letters for letters in links) >= rules.list_links:
        raise Reject(Reason.LIST_PAGE, f"{len(links)} links, no text")
    visible = _letters(_TAG.sub(" ", html))
    if visible < rules.shell_letters and "<script" in html.lower() and not text:
        raise Reject(Reason.EMPTY_SHELL, f"{visible} letters on the page")
    if not text and links:
        raise Reject(Reason.NAVIGATION_ONLY, f"{len(links)} links, no text")
    raise Reject(Reason.TOO_SHORT, f"{_letters(text)} letters")


def dated_links(html: str) -> Iterator[str]:
    """The names of links that have a date in or beside them, before the next one."""
    links = list(_LINK.finditer(html))
    for before, link, after in zip([None, *links], links, [*links[1:], None], strict=False):
        around = html[before.end() if before else 0 : after.start() if after else len(html)]
        if _DATE.search(_TAG.sub(" ", around)):
            yield _TAG.sub("", link[1])


def listed(lines: Sequence[Line], paragraphs: Sequence[str], rules: QualityRules) -> Reason | None:
    """Whether the text is the names of other pages: mostly links, or line by line with a date, and no prose."""
    prose = sum(len(paragraph) for paragraph in paragraphs if is_sentence(paragraph, rules))
    if len(lines) < rules.list_lines or prose > rules.list_prose * sum(len(line.text) for line in lines):
        return None
    rows = [line for line in lines if line.text.strip() and not _FILE.search(fold(line.text))]
    characters = sum(len(line.text) for line in rows)
    if len(rows) < rules.list_lines or not characters or prose > rules.list_prose * characters:
        return None
    linked = sum(len(line.text) * line.link_share for line in rows) / characters
    dates = sum(bool(_DATED.search(fold(line.text))) for line in rows)
    dated = dates / len(rows) if dates >= rules.list_dates else 0.0
    if linked < rules.list_linked and dated < rules.list_dated:
        return None
    naming = sum(_letters(line.text) >= rules.link_letters for line in rows)
    return Reason.LIST_PAGE if naming * 2 >= len(rows) or dated >= rules.list_dated else Reason.NAVIGATION_ONLY


def _letters(text: str) -> int:
    return len(_NO_LETTERS.sub("", text))
