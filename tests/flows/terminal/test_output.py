"""What pages say is no order: not to a terminal, not to a spreadsheet, not to who reads a log."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest
from rich.table import Table

from flows.commands import read
from flows.samples.articles import fold
from flows.terminal import logs, output
from pipeline.core.models import Document, Page
from pipeline.core.source import unknown
from pipeline.documents import process
from pipeline.rules import Rules
from tests.makers.hostile import make
from tests.makers.places import ROOT

ORDER = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\u2066"
ORDERS = {"\x1b", "\x07", "\x9b", "\u202e", "\u2066"}


def test_a_terminal_is_shown_that_something_was_there_and_obeys_nothing() -> None:
    written = io.StringIO()
    console = output.Guarded(file=written, force_terminal=True, color_system=None, width=80)
    table = Table(title=ORDER)
    table.add_column(ORDER)
    table.add_row(f"某地{ORDER}")
    console.print(f"某地{ORDER}通知", markup=False)
    console.print(table)
    assert "某地\ufffd[2J" in written.getvalue()
    assert not ORDERS & set(written.getvalue())


def test_json_holds_the_same_and_spells_it_out(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit({"title": ORDER})
    told = capsys.readouterr().out
    assert json.loads(told) == {"title": ORDER}
    assert not ORDERS & set(told)
    line = logs.line(ORDER, "info", "gongbao", 0.0)
    assert json.loads(line)["message"] == ORDER
    assert not ORDERS & set(line)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_of_csv_is_no_formula(sign: str, capsys: pytest.CaptureFixture[str]) -> None:
    read._csv(["title", "count"], [(f'{sign}HYPERLINK("http://a.example","x")', -5), ("正文 = 1", 0)])
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out, newline="")))
    assert rows[1][0].startswith("'")
    assert rows[1][1:] + rows[2] == ["-5", "正文 = 1", "0"]


def test_no_field_of_a_document_holds_what_nobody_sees() -> None:
    page = make(11)
    planted = page.html.replace("来源：", "来源：\u2066\ufdd0").replace("</p>", "&#8295;\x1b[2J&#x2066;\u202e</p>")
    planted = planted.replace("<title>", "<title>\u2067").replace("<h1>", "<h1>\u2068")
    fetched = Page(
        url=page.url, requested_url=page.url, source_id="unknown", status=200, headers=(), body=planted.encode(),
        fetched_at=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip
    document = process(fetched, unknown(), Rules.load(ROOT / "config"))
    assert isinstance(document, Document)
    assert fold(document.title).startswith(fold(page.title))
    said = "".join((document.title, document.text, repr(document.fields), *(each.line for each in document.removed)))
    assert not {"\u2066", "\u2067", "\u2068", "\u202e", "\x1b", "\ufdd0"} & set(said)
