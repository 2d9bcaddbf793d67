"""`gongbao search`: the corpus by words, ranked; the index lies under GONGBAO_HOME and follows the corpus."""

import sys
from dataclasses import asdict

import xxhash
from rich.text import Text

from flows import settings
from flows.terminal import output
from pipeline.core.errors import ConfigError
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.search import Index, tokens


def search(asked: str, limit: int, *, as_json: bool, rebuild: bool) -> None:
    """Print the documents that fit best."""
    if not tokens(asked):
        raise ConfigError(f"no word to search for: {asked!r}")
    known = settings.from_environment()
    corpus = Corpus.open(settings.open_store(known))
    index = Index(known.home / "search" / f"{xxhash.xxh3_64_hexdigest(corpus.store.url.encode())}.sqlite")
    if read := index.sync(corpus, rebuild=rebuild):
        output.say(f"index brought to version {corpus.version}: {read} documents")
    found = index.search(corpus, asked, limit)
    if not found:
        output.say(f"nothing in version {corpus.version} holds any of {asked}")
    elif not found[0].whole:
        output.say(f"nothing in version {corpus.version} holds all of {asked}; these hold some of it")
    for hit in found:
        if as_json or not sys.stdout.isatty():
            output.emit(asdict(hit))
            continue
        output.out.print(
            Text.assemble(
                (hit.title, "bold"), f"  {hit.source_id}  {output.plain(hit.published_at) if hit.published_at else ''}"
            )
        )
        output.out.print(Text(f"  …{hit.around}…\n  {hit.url}  {hit.doc_id}", style="dim"))
