"""What people and pipes get from a corpus: documents, exports, differences, the card."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import zstandard
from click.testing import CliRunner, Result

from flows.cli.main import cli, main
from flows.terminal import moments
from pipeline.core.errors import ConfigError
from pipeline.corpus import diff as comparing
from pipeline.corpus import export
from pipeline.corpus.corpus import Corpus
from pipeline.corpus.cursors import Cursor
from pipeline.report import card
from pipeline.store.s3 import Store
from tests.makers.corpus_nights import NIGHT, document, gone, night, prose
from tests.makers.corpus_versions import vacuumed

DAYS = [NIGHT + timedelta(days=day) for day in range(60)]


@pytest.fixture
def three_nights(store: Store) -> Store:
    """Two documents; a revision, a repost and one of another month; a withdrawal."""
    night(store, "run1", [document(1, prose(1)), document(2, prose(2))])
    fresh = [document(2, prose(2) + "\n多出的一段话。", at=DAYS[1]), document(3, prose(2), at=DAYS[1])]
    night(store, "run2", [*fresh, document(4, prose(4), at=DAYS[40])], at=DAYS[40])
    night(store, "run3", [gone(1, DAYS[41])], at=DAYS[41])
    return store


def gongbao(store: Store, *arguments: str) -> Result:
    result = CliRunner(env={"GONGBAO_STORE": store.url}).invoke(cli, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result


def test_read_prints_the_newest_first_in_every_form(three_nights: Store, tmp_path: Path) -> None:
    lines = [json.loads(line) for line in gongbao(three_nights, "read").stdout.splitlines()]
    assert [row["title"] for row in lines] == ["第4号新闻", "第2号新闻"]
    rows = list(csv.DictReader(io.StringIO(gongbao(three_nights, "read", "--format", "csv").stdout)))
    assert [row["doc_id"] for row in rows] == [row["doc_id"] for row in lines]
    frame = pl.read_parquet(io.BytesIO(gongbao(three_nights, "read", "--format", "parquet").stdout_bytes))
    assert frame["text"].to_list() == [row["text"] for row in lines]
    assert "第4号" in gongbao(three_nights, "read", "--format", "table").stdout
    assert len(gongbao(three_nights, "read", "--every").stdout.splitlines()) == 4
    assert len(gongbao(three_nights, "read", "--limit", "1").stdout.splitlines()) == 1


def test_read_takes_days_sources_languages_and_snapshots(three_nights: Store) -> None:
    def titles(*options: str) -> list[str]:
        return [json.loads(line)["title"] for line in gongbao(three_nights, "read", *options).stdout.splitlines()]

    assert titles("--since", "2026-02-01") == ["第4号新闻"]
    assert titles("--until", "2026-02-01") == ["第2号新闻"]
    assert titles("--source", "nobody") == []
    assert titles("--lang", "zh-Hans", "--text", "多出的一段") == ["第2号新闻"]
    assert titles("--snapshot", "1") == ["第1号新闻", "第2号新闻"] or titles("--snapshot", "1") == [
        "第2号新闻",
        "第1号新闻",
    ]
    assert len(titles("--snapshot", "run2")) == 3
    counts = [json.loads(line) for line in gongbao(three_nights, "read", "--count", "month").stdout.splitlines()]
    assert counts == [{"month": "2026-01", "documents": 1}, {"month": "2026-02", "documents": 1}]


def test_a_day_is_the_same_snapshot_however_it_is_written(three_nights: Store) -> None:
    today = Corpus.open(three_nights).table.written_at().astimezone(ZoneInfo("Asia/Shanghai"))
    for form in ("%Y-%m-%d", "%Y%m%d"):
        assert moments.snapshot(three_nights, today.strftime(form)).version == 3
    assert "0 added" in gongbao(three_nights, "diff", f"{today:%Y%m%d}").stderr


@pytest.mark.parametrize("call", [["read", "--snapshot", "1"], ["diff", "1"], ["card", "--snapshot", "run1"]])
def test_a_version_no_longer_kept_is_told_in_a_line(
    store: Store, call: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", vacuumed(store).url)
    monkeypatch.setattr("sys.argv", ["gongbao", *call])
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert (left.value.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert "version 1 is no longer kept" in said.err


def test_a_month_a_source_and_a_language_are_read_without_the_rest(three_nights: Store) -> None:
    files = {file.partition for file in Corpus.open(three_nights).files()}
    assert files == {"2026-01", "2026-02"}
    plan = Corpus.open(three_nights).documents(since=DAYS[30]).explain()
    assert "month=2026-02" in plan.replace("%3D", "=")
    assert "month=2026-01" not in plan.replace("%3D", "=")


@pytest.mark.parametrize("form", ["parquet", "jsonl"])
def test_an_export_that_was_stopped_goes_on_and_its_manifest_is_true(
    three_nights: Store, tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_SHARD", 1)
    corpus, folder = Corpus.open(three_nights), tmp_path / "out"

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export.export(corpus, folder, form, {}, stop)
    night(three_nights, "run4", [document(9, prose(9), at=DAYS[42])], at=DAYS[42])
    assert not export._read(folder / "manifest.json").complete
    manifest = export.export(Corpus.open(three_nights), folder, form, {})
    assert (manifest.complete, manifest.version, manifest.documents) == (True, corpus.version, 2)
    assert export.wrong(folder) == []
    if form == "parquet":
        seen = set(pl.read_parquet(folder / "**/*.parquet")["doc_id"])
    else:
        shards = [zstandard.ZstdDecompressor().stream_reader(path.open("rb")).read() for path in folder.rglob("*.zst")]
        seen = {json.loads(line)["doc_id"] for shard in shards for line in shard.splitlines()}
    assert seen == set(corpus.documents().collect()["doc_id"])
    with pytest.raises(ConfigError, match="take an empty one"):
        export.export(corpus, folder, form, {"every": True})
    (folder / manifest.shards[0].name).write_bytes(b"x" * manifest.shards[0].bytes)
    assert export.wrong(folder) == [manifest.shards[0].name]
    assert export.export(corpus, folder, form, {}).complete
    assert export.wrong(folder) == []


def test_an_export_that_was_killed_before_its_first_shard_was_whole_goes_on(
    three_nights: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus, folder = Corpus.open(three_nights), tmp_path / "out"
    with monkeypatch.context() as killed:
        killed.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            export.export(corpus, folder, "parquet", {})
    with monkeypatch.context() as killed:
        killed.setattr(export, "_digest", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            export.export(corpus, folder, "parquet", {})
    assert list(folder.rglob("*.new"))
    assert export.export(corpus, folder, "parquet", {}).documents == corpus.documents().collect().height
    assert not list(folder.rglob("*.new"))


def test_a_stopped_export_is_finished_without_shards_that_another_release_cut_otherwise(
    three_nights: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus.open(three_nights)
    with monkeypatch.context() as older:
        older.setattr(export, "_plan", lambda *_: {"month=2026-01/part-00007.parquet": corpus.files()})
        written = export.export(corpus, tmp_path, "parquet", {})
    (tmp_path / "month=2026-01" / "part-00008.new").write_bytes(b"half of a shard")
    stopped = written.model_copy(update={"complete": False})
    (tmp_path / "manifest.json").write_text(stopped.model_dump_json())
    manifest = export.export(corpus, tmp_path, "parquet", {})
    assert manifest.documents == 2
    assert {shard.name for shard in manifest.shards} == {
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("part-*")
    }


def test_files_of_which_every_row_is_wanted_are_copied_and_read_like_the_others(
    three_nights: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_LARGE", 0)
    corpus = Corpus.open(three_nights)
    manifest = export.export(corpus, tmp_path / "some", "parquet", {})
    lying = {file.size for file in corpus.files()}
    assert {shard.bytes in lying for shard in manifest.shards} == {
        True,
        False,
    }  # a repost and a withdrawal in one month
    export.export(corpus, tmp_path / "all", "parquet", {"every": True})
    for folder, every in (("some", False), ("all", True)):
        found = pl.read_parquet(tmp_path / folder / "**/*.parquet", hive_partitioning=True, try_parse_hive_dates=False)
        wanted = corpus.documents(every=every).collect()
        assert found.select(wanted.columns).sort("doc_id").equals(wanted.sort("doc_id"))


def test_the_command_exports_and_checks(three_nights: Store, tmp_path: Path) -> None:
    gongbao(three_nights, "export", str(tmp_path / "out"), "--since", "2026-02-01")
    assert gongbao(three_nights, "export", str(tmp_path / "out"), "--check").exit_code == 0
    assert pl.read_parquet(tmp_path / "out/**/*.parquet")["title"].to_list() == ["第4号新闻"]


def test_the_command_tells_changes_and_moves_the_cursor_when_told(three_nights: Store, tmp_path: Path) -> None:
    cursor = str(tmp_path / "cursor")
    first = [
        json.loads(line)
        for line in gongbao(three_nights, "changes", "--cursor", cursor, "--since", "1").stdout.splitlines()
    ]
    assert {(row["change"], row["title"]) for row in first} == {
        ("revised", "第2号新闻"), ("added", "第4号新闻"), ("withdrawn", "第1号新闻")
    }  # fmt: skip
    assert gongbao(three_nights, "changes", "--cursor", cursor).stdout.count("\n") == 3
    gongbao(three_nights, "changes", "--cursor", cursor, "--commit")
    assert gongbao(three_nights, "changes", "--cursor", cursor).stdout == ""


def test_changes_no_longer_kept_are_told_in_a_line_with_what_to_do(
    store: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GONGBAO_STORE", vacuumed(store).url)
    cursor = Cursor.begin(store, 1, every=False)
    cursor.write(tmp_path / "cursor")
    for option, value, advice in (("--since", "1", "without --since"), ("--cursor", "cursor", "with a new --cursor")):
        value = str(tmp_path / value) if option == "--cursor" else value
        monkeypatch.setattr("sys.argv", ["gongbao", "changes", option, value])
        with pytest.raises(SystemExit) as left:
            main()
        said = capsys.readouterr().err
        assert (left.value.code, said.count("\n")) == (1, 1)
        assert f"the history after version 1 is no longer kept: begin anew {advice}" in said


def test_two_snapshots_are_compared_line_by_line(three_nights: Store) -> None:
    found = comparing.compare(Corpus.open(three_nights, 1), Corpus.open(three_nights))
    assert found.counts() == {"added": 1, "changed": 1, "gone": 1}
    told = {each.what: each for each in found.differences()}
    assert told["changed"].gained == ("多出的一段话。",)
    assert told["changed"].lost == ()
    assert (told["gone"].why, told["gone"].title) == ("gone", "第1号新闻")
    assert found.by_source() == {"ministry": {"added": 1, "changed": 1, "gone": 1}}
    shown = gongbao(three_nights, "diff", "1", "2")
    assert "+ 多出的一段话。" in shown.stdout
    assert "changed" in gongbao(three_nights, "diff", "run1", "--json").stdout


def test_the_card_counts_what_is_there_and_its_page_needs_nothing_else(three_nights: Store, tmp_path: Path) -> None:
    facts = card.facts(Corpus.open(three_nights))
    assert (facts.documents, facts.reposts, facts.withdrawn, facts.rows) == (2, 1, 1, 4)
    assert facts.by_month == (("2026-01", 1), ("2026-02", 1))
    assert sum(number for _, number in facts.by_length) == 2
    assert dict(facts.filled)["title"] == 2
    page = tmp_path / "card.html"
    text = gongbao(three_nights, "card", "--html", str(page)).stdout
    assert "| ministry | 2 | 100.0% |" in text
    html = page.read_text()
    assert "<svg" in html
    assert not any(word in html for word in ("<script", "http://", "https://", "@import"))
