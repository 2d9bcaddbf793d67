"""A million documents: whole commands of a reader, and exports beside a plain copy of the same files."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow.fs
import pyarrow.parquet as pq

from pipeline.corpus import export
from pipeline.corpus.corpus import Corpus
from pipeline.store.s3 import Store
from pipeline.upkeep.maintenance import maintain
from tests.benchmarks.corpus_size.corpus_documents import A_NIGHT, LENGTH, RULES, SOURCES, Place, rows, timed
from tests.makers.places import ROOT

TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
A_MONTH = 20_000


def fill(place: Place) -> None:
    """A million documents, 20,000 a month up to now, every twentieth a repost, and last night's 200."""
    store, total = _filled(), int(1_000_000 * place.scale)
    months = max(total // A_MONTH, 1)
    for number in range(months):
        at = TODAY - timedelta(days=30 * (months - number))
        if number < Corpus.open(store).version or place.is_late:
            continue
        found = rows(f"m{number}", A_MONTH, number * A_MONTH, at, LENGTH)
        found = [row | ({} if at % 20 else {"canonical_id": found[0]["doc_id"]}) for at, row in enumerate(found, 1)]
        Corpus.open(store).commit(found, f"m{number}", {}, months=())
    if Corpus.open(store).version == months:
        last = rows("last", A_NIGHT, total, TODAY - timedelta(hours=12), LENGTH)
        Corpus.open(store).commit(last, "last", {}, months=())
        maintain(store, RULES, datetime.now(UTC))
    corpus = Corpus.open(store)
    files = corpus.files()
    print(
        f"{sum(each.rows for each in files)} documents, {sum(each.size for each in files) / 1e6:.0f} MB, {len(files)} files"
    )


def _filled() -> Store:
    return Store.open("s3://gongbao/filled")


def reads(place: Place) -> None:
    """Whole commands, each a process that knows nothing, and the same through the API."""
    store = _filled()
    corpus = Corpus.open(store)
    print("\n| what | s | answers |\n|---|---:|---|")
    for arguments in (
        ["read", "--since", "yesterday"], ["read", "--since", "yesterday", "--format", "table"], ["read", "--count", "month"],
        ["read", "--count", "source_id"], ["read", "--since", "7d", "--source", SOURCES[7]], ["read", "--limit", "20"],
    ):  # fmt: skip
        command, environment = (
            [sys.executable, "-m", "flows.cli.main", *arguments],
            {**os.environ, "GONGBAO_STORE": store.url},
        )
        asked = partial(subprocess.run, command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        took = timed(asked, 3)
        print(f"| `gongbao {' '.join(arguments)}` | {took:.2f} | {len(asked().stdout.splitlines())} lines |")
    print(f"| Corpus.open | {timed(partial(Corpus.open, store), 5):.2f} | version {corpus.version} |")
    month = corpus.files()[-2].partition
    for name, filters in (
        ("all", {}), ("a source of 30", {"sources": [SOURCES[7]]}), ("a language, 2 %", {"languages": ["en"]}),
        ("both", {"sources": [SOURCES[20]], "languages": ["en"]}),
        ("a month of 50", {"since": datetime.fromisoformat(f"{month}-02T00:00:00+08:00"), "until": datetime.fromisoformat(f"{month}-28T00:00:00+08:00")}),
    ):  # fmt: skip
        wanted = corpus.documents(**filters).select("doc_id", "title", "text")
        took = timed(lambda: found.append(wanted.collect(engine="streaming").height), 1) if (found := []) == [] else 0  # noqa: B023
        print(f"| titles and texts of {name} | {took:.2f} | {found[0]} documents, {_groups(corpus, filters)} |")


def _groups(corpus: Corpus, filters: dict[str, Any]) -> str:
    """How many files and groups of rows may hold what is asked for, by their least and greatest values."""
    options = corpus.store.storage_options()
    bucket = pyarrow.fs.S3FileSystem(
        access_key=options["aws_access_key_id"], secret_key=options["aws_secret_access_key"],
        endpoint_override=options["aws_endpoint_url"], region=options["aws_region"],
    )  # fmt: skip
    whole = held = 0
    files: set[str] = set()
    for file in corpus.files():
        about = pq.read_metadata(corpus.store.url_of(corpus.key_of(file)).removeprefix("s3://"), filesystem=bucket)
        names = [about.schema.column(number).path for number in range(about.num_columns)]
        for number in range(about.num_row_groups):
            group = about.row_group(number)
            whole += 1
            kept = True
            for name, values in (("source_id", filters.get("sources")), ("lang", filters.get("languages"))):
                ends = group.column(names.index(name)).statistics
                kept &= not values or ends.min <= values[0] <= ends.max
            if kept:
                held += 1
                files.add(file.path)
    return f"{held} of {whole} groups of rows in {len(files)} of {len(corpus.files())} files"


def exports(place: Place) -> None:
    """Full exports beside a copy of the same Parquet files, one after another, as a reader with boto3 makes it."""
    corpus = Corpus.open(_filled())
    files = corpus.files()
    size = sum(file.size for file in files)
    print(
        f"\n{size / 1e6:.0f} MB in {len(files)} files\n\n| what | s | MB/s | of the copy's speed |\n|---|---:|---:|---:|"
    )

    def copy() -> None:
        folder = _empty(place.folder / "copy")
        for number, file in enumerate(files):
            (folder / str(number)).write_bytes(corpus.store.get(corpus.key_of(file)))

    copied = timed(copy)
    print(f"| copy | {copied:.1f} | {size / copied / 1e6:.0f} | 1.00 |", flush=True)
    forms: Sequence[tuple[export.Form, dict[str, Any]]] = (("parquet", {}), ("parquet", {"every": True}), ("jsonl", {}))
    for form, filters in forms:
        folder = _empty(place.folder / "export")
        took = timed(lambda: export.export(corpus, folder, form, filters))  # noqa: B023
        name = f"{form}, {'every row' if filters else 'what readers read'}"
        print(f"| export {name} | {took:.1f} | {size / took / 1e6:.0f} | {copied / took:.2f} |", flush=True)
    shutil.rmtree(place.folder / "export")
    shutil.rmtree(place.folder / "copy")


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
