"""What was recorded of a source, `tests/recordings/ID/`: its article made anew, its listings read anew, its drift."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flows.settings import recordings_of
from pipeline.core.dates import local_day
from pipeline.core.models import Decoded, Document, Outcome, Page, Rejected
from pipeline.core.source import Source
from pipeline.documents import process
from pipeline.page.decode import decode
from pipeline.rules import Rules

FIELDS = ("title", "text", "published", "publisher")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded source and what a person said that it holds."""

    folder: Path
    article: dict[str, Any]
    listings: tuple[str, ...]  # names of files
    links: int

    @classmethod
    def find(cls, source_id: str, folder: Path) -> "Recording | None":
        """The recording of a source; None if there is none."""
        path = folder / source_id / "expected.json"
        if not path.is_file():
            return None
        told = json.loads(path.read_text("utf-8"))
        links = sum(len(listing["links"]) for listing in told["listings"])
        files = tuple(listing["file"] for listing in told["listings"])
        return cls(folder=path.parent, article=told.get("article", {}), listings=files, links=links)

    def listing_pages(self) -> list[Decoded]:
        """Its listings as they were recorded."""
        return [decode((self.folder / name).read_bytes()) for name in self.listings]

    def article_pages(self) -> list[Decoded]:
        """Its article as it was recorded, if one was."""
        return [decode((self.folder / self.article["file"]).read_bytes())] if self.article else []

    def has(self, field: str) -> bool:
        """Whether the recorded article has a field."""
        return bool(self.article.get(field))

    def expect(self, source: Source, rules: Rules) -> str:
        """Write down what today's rules make of the recorded article; why they make nothing of it, if they do not."""
        path = self.folder / "expected.json"
        told = json.loads(path.read_text("utf-8"))
        outcome = self._made(source, rules)
        why = ""
        if isinstance(outcome, Document):
            told["article"] |= fields_of(outcome)
        else:
            del told["article"]
            said = f": {outcome.reason} {outcome.detail}" if isinstance(outcome, Rejected) else ""
            why = f"its first article gives no document{said}"
        path.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return why

    def replay(self, source: Source, rules: Rules) -> list[str]:
        """The fields of the recorded article that today's rules read otherwise."""
        if not self.article:
            return []
        outcome = self._made(source, rules)
        if not isinstance(outcome, Document):
            return [f"{self.article['file']}: no document any more"]
        now = fields_of(outcome)
        return [f"{self.article['file']}: another {name}" for name in FIELDS if now[name] != self.article.get(name, "")]

    def _made(self, source: Source, rules: Rules) -> Outcome:
        page = Page(
            url=self.article["url"],
            requested_url=self.article["url"],
            source_id=source.id,
            status=200,
            headers=(("Content-Type", "text/html"),),
            body=(self.folder / self.article["file"]).read_bytes(),
            fetched_at=datetime.now(UTC),
        )
        return process(page, source, rules)


def fields_of(document: Document) -> dict[str, str]:
    """The four fields that a recording holds."""
    fields = document.fields
    published = local_day(fields.published) if fields.published else ""
    return {"title": document.title, "text": document.text, "published": published, "publisher": fields.publisher}


def replay_listings(sources: Path) -> dict[str, list[str]]:
    """By source: recorded listings that are read otherwise today."""
    command = [sys.executable, "-m", "spiders.onboarding", "replay", str(sources), str(recordings_of(sources))]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found
