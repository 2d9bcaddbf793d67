"""A run's report and its figures in, one page of HTML out: what a person with three minutes wants to know of a night.

What broke and what to look at come first. The page holds all that it shows: no scripts, no fonts, no pictures from elsewhere.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape

from pipeline.core.conservation import (
    COUNTS,
    MOST_FAILED,
    HeldPage,
    RunReport,
    SourceReport,
    failed_of,
    next_try,
    plainly,
)
from pipeline.core.dates import SHANGHAI
from pipeline.core.language import TAGS, spoken, t
from pipeline.core.observation import Alarm, Grade
from pipeline.report import morning_plots
from pipeline.report.morning_figures import Figures, Suspect
from pipeline.report.suspicion import MorningRules
from pipeline.store import keys

_CONSOLE = "http://127.0.0.1:8420"  # where `gongbao console` serves unless told otherwise
CLOSES = (
    "A row closes if every page that was named is accounted for: listed = fetched + skipped + failed; "
    "fetched = documents + reposts + unchanged + rejected"
)


def html(
    report: RunReport, found: Figures, earlier: Sequence[RunReport], rules: MorningRules, names: Mapping[str, str]
) -> str:
    """The page, in the language that is spoken. `earlier`: reports of nights before, oldest first; `names`: of sources."""
    state = "went well" if report.succeeded and not report.alarms else "needs a look"
    body = [
        _head(report, state),
        _contents(report, found),
        _broken(report, names),
        _alarms(report, names),
        _suspects(report.held_pages, found.suspects),
        _failed(report, names),
        _conservation(report, names),
        morning_plots.section(report, found, [*earlier, report][-rules.nights :], rules, names),
    ]
    return _PAGE.format(
        lang=TAGS[spoken()], title=f"{t(report.kind)} {report.run_id}", body="\n".join(filter(None, body))
    )


def _head(report: RunReport, state: str) -> str:
    seconds = (report.ended_at - report.started_at).total_seconds()
    tiles = "".join(
        f"<div><b>{report.total(name):,}</b><span>{t(name)}</span></div>"
        for name in ("documents", "reposts", "revised", "held", "withdrawn", "rejected", "failed")
    )
    again = f"<p>{escape(t(report.begun_again))}</p>" if report.begun_again else ""
    error = f'<p class="bad">{escape(t(report.error))}</p>' if report.error else ""
    return (
        f'<h1>{t("{} of {}", t(report.kind), _when(report.started_at))} <span class="{"good" if state == "went well" else "bad"}">'
        f"{t(state)}</span></h1>"
        f"<p>{t('Run {}', f'<code>{escape(report.run_id)}</code>')} · {t('{} sources', len(report.sources))} · "
        f"{t('{} s', f'{seconds:,.0f}')} · {t('corpus version {} → {}', report.version_before, report.version)} · "
        f"{t('rules {}', escape(report.rules_version or '–'))} · {t('Times are those of Asia/Shanghai.')}</p>"
        f'{again}{error}<div class="tiles">{tiles}</div>'
    )


def _contents(report: RunReport, found: Figures) -> str:
    """Where to look, and how much of it there is."""
    broken = {each.source_id for each in report.broken}
    others = [each for each in report.alarms if each.source_id not in broken]
    look, failed = (*report.held_pages, *found.suspects), failed_of(report)
    parts = (
        ("broke", t("{} broke", len(report.broken)), report.broken),
        ("alarms", _many(len(others), t("1 alarm"), t("{} alarms")), others),
        ("documents", _many(len(look), t("1 document to look at"), t("{} documents to look at")), look),
        ("failed", _many(len(failed), t("1 failed address"), t("{} failed addresses")), failed),
        ("table", t("every page"), report.sources),
        ("figures", t("figures"), report.sources),
    )
    links = " · ".join(f'<a href="#{name}">{words}</a>' for name, words, there in parts if there)
    return f'<nav aria-label="{t("On this page")}">{links}</nav>' if links else ""


def _many(count: int, one: str, more: str) -> str:
    return one if count == 1 else more.format(count)


def _broken(report: RunReport, names: Mapping[str, str]) -> str:
    """The sources that broke, the gravest first, each with its alarms."""
    if not report.broken:
        return ""
    alarms = {each.source_id: each for each in sorted(report.alarms, key=_gravity, reverse=True)}
    ordered = sorted(report.broken, key=lambda each: _gravity(alarms.get(each.source_id)))
    rows = "".join(
        _card(
            each.source_id,
            names,
            t(each.cause) + (f" – {t(told)}" if (told := plainly(each.cause, each.detail)) else ""),
            each.advice,
            alarms.get(each.source_id),
        )
        for each in ordered
    )
    return f'<section id="broke"><h2>{t("What broke")}</h2><ul class="cards">{rows}</ul></section>'


def _alarms(report: RunReport, names: Mapping[str, str]) -> str:
    """The alarms of sources that did not break."""
    broken = {each.source_id for each in report.broken}
    ordered = sorted((each for each in report.alarms if each.source_id not in broken), key=_gravity)
    rows = "".join(_card(each.source_id, names, t(each.detail), each.advice, each) for each in ordered)
    return f'<section id="alarms"><h2>{t("Alarms")}</h2><ul class="cards">{rows}</ul></section>' if rows else ""


def _card(source_id: str, names: Mapping[str, str], what: str, advice: str, alarm: Alarm | None) -> str:
    """One source that needs somebody: what is wrong, how grave and since when, what to do, and the command to look closer."""
    told = ""
    if alarm:
        since = t("new") if alarm.nights == 1 else t("since {}, {} nights", alarm.since, alarm.nights)
        told = f" <small>{t(alarm.grade)}{t(': ')}{t(alarm.trouble.replace('_', ' '))}{t(', ')}{since}</small>"
    return (
        f'<li class="{alarm.grade if alarm else ""}"><b>{_name(source_id, names)}</b>{t(": ")}{_words(what)}{told}<br>{_words(t(advice))} '
        f"<code>gongbao sources check {escape(source_id)}</code></li>"
    )


def _name(source_id: str, names: Mapping[str, str]) -> str:
    """What people call a source, and its id."""
    name = names.get(source_id, "")
    return f"{escape(name)} <small>{escape(source_id)}</small>" if name else escape(source_id)


def _gravity(alarm: Alarm | None) -> tuple[int, str]:
    """Sorts the gravest first."""
    return (-list(Grade).index(alarm.grade), alarm.source_id) if alarm else (0, "")


def _words(text: str) -> str:
    """Words with what stands in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _suspects(held: Sequence[HeldPage], suspects: Sequence[Suspect]) -> str:
    if not (held or suspects):
        return f"<section><h2>{t('Documents to look at')}</h2><p>{t('None is odd.')}</p></section>"
    rows = "".join(
        f"<li>{_link(each.url, each.url)} <small>{t(each.flag)}</small><br>{t('its new text is not published: {}', escape(t(each.why)))}"
        f"{t('; the same came twice, a person has to say which is right') if each.flag == 'question' else ''}<br>"
        f'<code>gongbao accept {escape(each.doc_id)}</code> <a href="{_CONSOLE}/documents/{escape(each.doc_id)}/why">'
        f"{t('both texts, in the console')}</a></li>"
        for each in held
    )
    rows += "".join(
        f"<li>{_link(each.url, each.title or t('(no title)'))} <small>{escape(each.source_id)}</small><br>"
        f"{escape(t('; ').join(map(t, each.why)))}<br><code>gongbao why {escape(each.doc_id)}</code> "
        f'<a href="{_CONSOLE}/documents/{escape(each.doc_id)}/why">{t("why, in the console")}</a></li>'
        for each in suspects
    )
    return (
        f'<section id="documents"><h2>{t("Documents to look at")}</h2><ol class="cards">{rows}</ol>'
        f"<p>{t('The links into the console open where {} runs.', '<code>gongbao console</code>')}</p></section>"
    )


def _failed(report: RunReport, names: Mapping[str, str]) -> str:
    """What was asked for and did not come: why, since when, and when it is tried again."""
    found = failed_of(report)
    if not found:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{_link(each.url, each.url)}</th><td>{escape(names.get(source_id, source_id))}</td><td>{escape(t(each.cause))}</td>'
        f"<td>{each.first_seen.astimezone(SHANGHAI):%Y-%m-%d}</td><td>{t(next_try(each))}</td></tr>"
        for source_id, each in found[:MOST_FAILED]
    )
    more = (
        f"<p>{t('and {} more in {}', len(found) - MOST_FAILED, escape(keys.run_report(report.run_id)))}</p>"
        if len(found) > MOST_FAILED
        else ""
    )
    heads = "".join(
        f'<th scope="col">{t(name)}</th>' for name in ("address", "source", "cause", "first seen", "next try")
    )
    return (
        f'<section id="failed"><h2>{t("Failed addresses")}</h2><div class="wide" tabindex="0" role="region" '
        f'aria-label="{t("Failed addresses")}"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{more}</section>'
    )


def _conservation(report: RunReport, names: Mapping[str, str]) -> str:
    head = "".join(f'<th scope="col">{t(name)}</th>' for name in (*COUNTS, "closes"))
    total = "".join(f"<td>{report.total(name):,}</td>" for name in COUNTS)
    ordered = sorted(report.sources, key=lambda each: (each.closes, not each.cause, each.source_id))
    rows = "".join(_row(each, names) for each in ordered)
    return (
        f'<section id="table"><h2>{t("What became of every page")}</h2><p>{t(CLOSES)}</p>'
        f'<div class="wide" tabindex="0" role="region" aria-label="{t("What became of every page")}"><table><thead><tr>'
        f'<th scope="col">{t("source")}</th>{head}</tr></thead><tbody>'
        f'<tr class="all"><th scope="row">{t("all")}</th>{total}<td></td></tr>{rows}</tbody></table></div></section>'
    )


def _row(source: SourceReport, names: Mapping[str, str]) -> str:
    cells = "".join(f"<td>{_cell(getattr(source, name))}</td>" for name in COUNTS)
    closes = f"<td>{t('yes')}</td>" if source.closes else f'<td class="bad">{t("no")}</td>'
    return f'<tr><th scope="row">{_name(source.source_id, names)}</th>{cells}{closes}</tr>'


def _cell(value: int | dict[str, int]) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    reasons = "".join(f"<br><small>{escape(t(reason))} {count:,}</small>" for reason, count in sorted(value.items()))
    return f"{sum(value.values()):,}{reasons}"


def _link(url: str, words: str) -> str:
    if not url.startswith(("http://", "https://")):
        return escape(words)
    return f'<a href="{escape(url)}" rel="noreferrer">{escape(words)}</a>'


def _when(at: datetime) -> str:
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


_PAGE = """<!doctype html>
<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>公报 Gongbao {title}</title>
<style>
:root {{ color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #b3261e; --good: #2e7d32; --bar: #3b6ea8; }}
@media (prefers-color-scheme: dark) {{ :root {{ --bad: #ff8a80; --good: #81c784; --bar: #7fb0e6; }} }}
* {{ box-sizing: border-box; }}
body {{ font: 15px/1.5 system-ui, sans-serif; max-width: 1200px; margin: 1.5rem auto; padding: 0 1rem;
  overflow-wrap: anywhere; }}
h1 {{ font-size: 1.4rem; }} h2 {{ font-size: 1.1rem; margin: 2rem 0 .5rem; }}
.good {{ color: var(--good); }} .bad {{ color: var(--bad); font-weight: 600; }}
nav {{ margin-top: .8rem; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(100px, 1fr)); gap: .5rem; }}
.tiles div {{ background: var(--soft); border-radius: 6px; padding: .5rem .75rem; }}
.tiles b {{ display: block; font-size: 1.4rem; }}
.cards {{ padding-left: 1.4rem; display: grid; gap: .6rem; }}
.cards .alarm {{ border-left: 4px solid var(--bad); padding-left: .6rem; }}
code {{ background: var(--soft); padding: .1rem .3rem; border-radius: 4px; font-size: .88em; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }}
th, td {{ padding: .25rem .7rem; text-align: right; vertical-align: top; border-bottom: 1px solid var(--line);
  white-space: nowrap; }}
th:first-child {{ text-align: left; position: sticky; left: 0; background: Canvas; }}
tr.all td, tr.all th {{ font-weight: 700; }}
@media (max-width: 700px) {{ th, td {{ padding: .25rem .4rem; font-size: 13px; }}
  tbody th:first-child {{ white-space: normal; min-width: 34vw; overflow-wrap: anywhere; }} }}
.nights {{ list-style: none; padding: 0; margin: 0 0 1.5rem; display: grid; gap: .1rem 2rem;
  grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); }}
.nights li {{ display: grid; grid-template-columns: 1fr 150px 3.5rem; gap: .6rem; align-items: end; border-bottom: 1px solid var(--line); }}
.nights b {{ text-align: right; font-weight: 600; }} .nights svg {{ height: 30px; }}
@media print {{ nav {{ display: none; }} .wide {{ overflow: visible; }} li, tr, figure {{ break-inside: avoid; }} }}
.plots {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(min(340px, 100%), 1fr)); gap: 1.5rem; }}
figure {{ margin: 0; min-width: 0; }} figcaption {{ font-weight: 600; margin-bottom: .3rem; }}
svg {{ max-width: 440px; display: block; }}
svg text {{ font: 12px system-ui, sans-serif; fill: currentColor; }} svg rect {{ fill: var(--bar); }} svg rect.bad {{ fill: var(--bad); }}
</style></head><body>
{body}
</body></html>
"""
