"""A declared 来源 in, the configured source of that name out; and whether it says that the page repeats another body's."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from pipeline.core.config import Pattern, Strict
from pipeline.core.source import Source
from pipeline.dedupe.fingerprint import canonical


class PublisherRules(Strict):
    """How a 来源 is worded (`config/dedupe.yaml`)."""

    least_length: int = Field(ge=1)
    before: Pattern
    after: Pattern
    itself: Pattern
    medium: Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """The source that a 来源 names, empty if none is configured; whether it is another body than the page's own."""

    source_id: str = ""
    is_other: bool = False


class Publishers:
    """The names of all configured sources, made ready to be looked up."""

    def __init__(self, sources: Iterable[Source], rules: PublisherRules) -> None:
        self._rules = rules
        self._sources = {source.id: source for source in sources}
        self._by_name: dict[str, list[str]] = {}
        self._known: dict[tuple[str, str], Resolved] = {}
        for source in self._sources.values():
            for name in {self._bare(source.name), self._bare(source.publisher)} - {""}:
                self._by_name.setdefault(name, []).append(source.id)

    def resolve(self, publisher: str, source_id: str) -> Resolved:
        """What the 来源 of a page of that source says."""
        asked = (publisher, source_id)
        if asked not in self._known:
            self._known[asked] = self._resolved(publisher, source_id)
        return self._known[asked]

    def _resolved(self, publisher: str, source_id: str) -> Resolved:
        name = self._bare(publisher)
        if not name or re.fullmatch(self._rules.itself, name):
            return Resolved(source_id=source_id if source_id in self._sources else "")
        found = self._named(name) or self._on_host(publisher)
        if source_id in found or self._is_own(name, source_id):
            return Resolved(source_id=source_id)
        if found:
            return Resolved(source_id=found[0], is_other=True)
        # An office that nobody configured may be the source's own; a paper is not.
        return Resolved(is_other=re.search(self._rules.medium, name) is not None)

    def _named(self, name: str) -> list[str]:
        """The sources of that name; of the longest name that begins or ends it, where none has it in full."""
        if name in self._by_name:
            return sorted(self._by_name[name])
        parts = [
            known
            for known in self._by_name
            if len(known) >= self._rules.least_length and (name.startswith(known) or name.endswith(known))
        ]
        return sorted(self._by_name[max(parts, key=lambda known: (len(known), known))]) if parts else []

    def _on_host(self, publisher: str) -> list[str]:
        """The sources whose host the 来源 prints."""
        text = unicodedata.normalize("NFKC", publisher).lower()
        return sorted(
            source.id
            for source in self._sources.values()
            if any(
                re.search(rf"(?<![\w.-]){re.escape(host.removeprefix('www.'))}(?![\w-])", text.replace("www.", ""))
                for host in source.hosts
            )
        )

    def _is_own(self, name: str, source_id: str) -> bool:
        """Whether it is the name of the source, or of an office of it, in full or shortened."""
        source = self._sources.get(source_id)
        own = [self._bare(each) for each in (source.name, source.publisher)] if source else []
        return any(each and (each in name or name in each) for each in own)

    def _bare(self, name: str) -> str:
        """Canonical, without what editors put around a name: 来源, 据, 网站, 客户端, 公众号."""
        form = canonical(name)
        form = re.sub(rf"^(?:{self._rules.before})", "", form)
        shorter = re.sub(rf"(?:{self._rules.after})+$", "", form)
        return shorter if len(shorter) >= 2 else form
