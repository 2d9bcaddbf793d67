"""What became of every article that was listed; nothing is lost from it: listed = fetched + skipped + failed."""

from collections import Counter
from dataclasses import dataclass, field

from pipeline.core.urls import key64

_MOST_FAILURES = 1000  # named in the report


@dataclass(slots=True)
class Ledger:
    """Articles are told apart by their key, 8 bytes each: a night of 100,000 is a few megabytes."""

    fetched: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[str, str]] = field(default_factory=list)
    files: Counter[str] = field(default_factory=Counter)  # failed:REASON, of the files that articles name
    names_all: bool = False  # somebody asked for these articles, and wants an answer for each
    not_fetched: list[tuple[str, str, str]] = field(default_factory=list)  # (URL, skipped | failed, reason)
    _listed: set[int] = field(default_factory=set)
    _open: dict[int, str] = field(default_factory=dict)

    @property
    def listed(self) -> int:
        """Distinct articles so far."""
        return len(self._listed)

    @property
    def settled(self) -> int:
        """Of these, the ones whose fate is known."""
        return len(self._listed) - len(self._open)

    def list(self, url: str) -> bool:
        """Enter an article; False if it was entered before."""
        key = key64(url)
        if key in self._listed:
            return False
        self._listed.add(key)
        self._open[key] = url
        return True

    def fetch(self, url: str) -> None:
        """It came, and has landed."""
        if self._settle(url):
            self.fetched += 1

    def skip(self, url: str, reason: str) -> None:
        """It was not asked for."""
        if self._settle(url):
            self.skipped[reason] += 1
            self._name(url, "skipped", reason)

    def fail(self, url: str, reason: str) -> None:
        """It was asked for, and did not come."""
        if self._settle(url):
            self.failed[reason] += 1
            if len(self.failures) < _MOST_FAILURES:
                self.failures.append((url, reason))
            self._name(url, "failed", reason)

    def close(self, reason: str) -> None:
        """Settle all that is still open."""
        for url in list(self._open.values()):
            self.skip(url, reason)

    def _name(self, url: str, fate: str, reason: str) -> None:
        if self.names_all:
            self.not_fetched.append((url, fate, str(reason)))

    def _settle(self, url: str) -> bool:
        return self._open.pop(key64(url), None) is not None
