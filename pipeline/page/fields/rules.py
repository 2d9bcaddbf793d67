"""`config/fields.yaml` in, the rules by which titles, dates and fields of documents are found out."""

import re
from functools import cache

from pipeline.core.config import Pattern, Strict


class TitleRules(Strict):
    """What a title looks like and what it never is."""

    metas: tuple[str, ...]
    social_metas: tuple[str, ...]
    site_metas: tuple[str, ...]
    class_word: Pattern
    class_not: Pattern
    class_beside: Pattern
    never: Pattern
    site_piece: Pattern
    useless: Pattern
    prefix: Pattern
    original: Pattern
    body_name: Pattern
    document_head: Pattern
    document_kind: Pattern
    min_chars: int
    max_chars: int
    min_score: float
    weak_agreement: float
    column_chars: int
    max_site_chars: int
    declared_chars: int
    striking_look: float
    faint_look: float
    above_byline: float
    own_link: float
    declared_whole: float
    latin_words: int
    min_run_agreement: float
    cut_chars: int
    min_label_chars: int
    blocks_above: int
    first_body_lines: int


class LabelRules(Strict):
    """The words in front of a value, for each field that they name."""

    title: tuple[str, ...]
    published: tuple[str, ...]
    modified: tuple[str, ...]
    signed: tuple[str, ...]
    effective: tuple[str, ...]
    expires: tuple[str, ...]
    publisher: tuple[str, ...]
    author: tuple[str, ...]
    editor: tuple[str, ...]
    document_number: tuple[str, ...]
    index_number: tuple[str, ...]
    issuer: tuple[str, ...]
    topic: tuple[str, ...]
    validity: tuple[str, ...]
    other: tuple[str, ...]


class ReadRules(Strict):
    """Where dates, names and numbers stand, and what they never are."""

    published_metas: tuple[str, ...]
    modified_metas: tuple[str, ...]
    publisher_metas: tuple[str, ...]
    author_metas: tuple[str, ...]
    editor_metas: tuple[str, ...]
    index_number_metas: tuple[str, ...]
    document_number_metas: tuple[str, ...]
    document_number: Pattern
    order_number: Pattern
    publisher_self: Pattern
    person_not: Pattern
    value_end: Pattern
    publisher_class: Pattern
    publisher_line: Pattern
    effective: Pattern
    effective_ahead_days: int
    max_name: int
    max_number: int
    zone_chars: int
    zone_blocks: int
    max_skew_days: float
    conflict_days: float
    script_dates: tuple[Pattern, ...]


class AttachmentRules(Strict):
    """What a link to a file of an article looks like."""

    types: tuple[str, ...]
    download: Pattern
    name_parameters: tuple[str, ...]
    viewer_parameters: tuple[str, ...]
    never: Pattern
    near: Pattern


class FieldRules(Strict):
    """All of `config/fields.yaml`."""

    title: TitleRules
    labels: LabelRules
    fields: ReadRules
    attachments: AttachmentRules


@cache
def compiled(pattern: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """A pattern of the rules, compiled once."""
    return re.compile(pattern, flags)
