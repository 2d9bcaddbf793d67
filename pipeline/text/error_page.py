"""A page in, why it is no article out: a sentence or a trace without headline, date, publisher or file of its own,
or a few lines without the latter beside a list of others.

Nothing is known of what such pages say. What many pages say together is for publishing (`error_pages.py`).
"""

import re
from http import HTTPStatus

from pipeline.core.models import Cleaned, Extracted
from pipeline.page.fields.rules import TitleRules, compiled
from pipeline.page.fields.title_text import letters
from pipeline.page.fields.title_witnesses import is_site_name
from pipeline.text.quality import QualityRules, dated_links
from pipeline.text.wording import folded, shared

# Where a date stands that is not the page's own: the listing's, the address's, one of a script.
_FOREIGN_DATES = ("list", "url", "script")
_SENTENCE = re.compile(r"[。．]\W*$|[a-z\])]\.$", re.IGNORECASE)
_STATUS = re.compile("|".join(re.escape(status.phrase) for status in HTTPStatus if status >= 400), re.IGNORECASE)


def error_page(
    extracted: Extracted, cleaned: Cleaned, listed_title: str, rules: QualityRules, titles: TitleRules
) -> str:
    """What a page lacks that would be a document by its length; empty if it is one."""
    text = "\n".join(cleaned.paragraphs)
    trace = _is_trace(cleaned.paragraphs, rules)
    if (len(letters(text)) >= rules.error_letters and not trace) or _is_of_an_article(extracted, cleaned):
        return ""
    if not trace and _headline(extracted, text, listed_title, rules, titles):
        return ""
    return f"{'a trace' if trace else 'a sentence'} without headline, date, publisher or file"


def names_others(extracted: Extracted, cleaned: Cleaned, html: str, rules: QualityRules) -> str:
    """What makes a page whose text is a footer or a disclaimer a list: the dated names of others say more than that.

    A text that has to do with its headline is one, however short; and where a listing announced an article, it failed.
    """
    text = "\n".join(cleaned.paragraphs)
    said = letters(text)
    article = shared(text, extracted.title) or _is_of_an_article(extracted, cleaned)
    if len(said) >= rules.error_letters or article:
        return ""
    names = [letters(name) for name in dated_links(html)]
    names = [name for name in names if len(name) >= rules.link_letters and name not in said]
    if len(names) < rules.list_links or sum(map(len, names)) < len(said):
        return ""
    return f"{len(names)} dated links, {len(said)} letters"


def _is_of_an_article(extracted: Extracted, cleaned: Cleaned) -> bool:
    """Whether the page itself names a date, a publisher, a person, a number or a file."""
    fields = extracted.fields
    dated = fields.published or cleaned.published
    own_date = dated is not None and dated.evidence.split(":")[0] not in _FOREIGN_DATES
    named = (
        fields.publisher, cleaned.publisher, fields.author, cleaned.author, fields.editor, cleaned.editor,
        fields.document_number, cleaned.document_number, fields.index_number, fields.issuer, fields.signed_on,
        fields.attachments,
    )  # fmt: skip
    return own_date or any(named)


def _is_trace(paragraphs: tuple[str, ...], rules: QualityRules) -> bool:
    """Whether most of it is what a program prints when it fails."""
    printed = sum(len(each) for each in paragraphs if compiled(rules.trace, re.IGNORECASE).search(each))
    return printed > rules.trace_share * sum(map(len, paragraphs))


def _headline(extracted: Extracted, text: str, listed_title: str, rules: QualityRules, titles: TitleRules) -> bool:
    """Whether the page has a headline of its own over the text; the site's name, a status or a sentence is none.

    It has something to do with the text, or it says what kind of document this is; and where a listing names the
    article, the headline or the text has to do with what that says.
    """
    title, origin = extracted.title, dict(extracted.evidence).get("title", "")
    said = letters(title)
    if (
        not said
        or _SENTENCE.search(title)
        or _STATUS.search(title)
        or compiled(rules.error_headline).search(folded(title))
    ):
        return False
    if is_site_name(title, titles) and not compiled(titles.document_kind).search(title):
        return False
    if letters(text).startswith(said) and "\n" not in text:
        return False
    if not listed_title:
        named = origin != "title" and compiled(titles.document_kind).search(title)
        return bool(named or shared(text, title))
    announced = origin != "listed" and (
        said in letters(listed_title) or shared(title, listed_title) >= rules.shared_least
    )
    return announced or shared(text, listed_title) >= rules.shared_least
