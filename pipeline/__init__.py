"""The domain of Gongbao: bytes of a page in, a document or the reason why not out; then one corpus."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.corpus.corpus import Corpus

__all__ = ["Corpus"]


def __getattr__(name: str) -> Any:
    """`from pipeline import Corpus` loads the table library only when it is asked for: crawlers and workers are not."""
    if name == "Corpus":
        from pipeline.corpus.corpus import Corpus

        return Corpus
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
