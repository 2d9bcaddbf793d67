"""Where everything lies in the bucket: its folders and the names in them are spelled here, and nowhere else."""

import re
from datetime import date

from pipeline.store.s3 import Store

LANDING, STAGED, CORPUS, FETCHES, NIGHTLY, RUNS = "landing/", "staged/", "corpus/", "fetches/", "nightly/", "runs/"
DIGESTS, LEASES, CURSORS, FORGOTTEN, TEXTS = "digests/", "leases/", "cursors/", "forgotten/", "texts/"
TEMPLATES = "templates/"
ALARMS = "alarms/state.json"

OURS = re.compile(
    r"landing/source=[^/]+/date=\d{4}-\d\d-\d\d/[^/]+\.warc\.gz|staged/run=[^/]+/[^/]+\.parquet"
    r"|(?:corpus|fetches)/(?:_change_data/)?[^/]+=[^/]+/[^/]+\.parquet"
    r"|(?:corpus|fetches)/_delta_log/(?:\d{20}(?:\.checkpoint(?:\.\d+\.\d+)?)?\.(?:json|parquet|crc)|_last_checkpoint)"
    r"|nightly/date=\d{4}-\d\d-\d\d/[^/]+\.(?:json|jsonl\.zst)"
)
RUN_OF_STAGED = re.compile(rf"{STAGED}run=([^/]+)/")


def landed(source_id: str) -> str:
    """The folder of what one source landed."""
    return f"{LANDING}source={source_id}/"


def source_of(landing_key: str) -> str:
    """The source whose pages a landing file holds; empty where its key names none."""
    return landing_key.partition("/source=")[2].partition("/")[0]


def landing_file(source_id: str, day: date, run_id: str, number: int) -> str:
    """What one run landed of one source on a day of Shanghai; `number` counts its files from 0."""
    return f"{landed(source_id)}date={day.isoformat()}/{run_id}-{number:03d}.warc.gz"


def template(source_id: str, version: str) -> str:
    """One version of what was learned of a source."""
    return f"{TEMPLATES}{source_id}/{version}.json"


def template_in_use(source_id: str) -> str:
    """Which version a source uses."""
    return f"{TEMPLATES}{source_id}/current"


def template_tried(source_id: str) -> str:
    """Left by who learned nothing from all that a source had landed."""
    return f"{TEMPLATES}{source_id}/tried"


def staged(run_id: str) -> str:
    """The folder of what a run staged."""
    return f"{STAGED}run={run_id}/"


def staged_file(run_id: str, landing_key: str) -> str:
    """Where the outcomes of a landing file lie: one file for each, so that doing it twice leaves one."""
    name = landing_key.removeprefix(LANDING).removesuffix(".warc.gz").replace("/", "_")
    return f"{staged(run_id)}{name}.parquet"


def texts(doc: str) -> str:
    """The folder of the whole texts of a document, one for each revision."""
    return f"{TEXTS}{doc}/"


def run_report(run_id: str) -> str:
    """The report of a run; a run that has ended has one."""
    return f"{RUNS}{run_id}.json"


def run_page(run_id: str) -> str:
    """The morning page of a run."""
    return f"{RUNS}{run_id}.html"


def of_run(run_id: str, name: str) -> str:
    """What a run wrote on its way: `begun`, `urls.txt`, `hosts.txt`."""
    return f"{RUNS}{run_id}/{name}"


def answers(run_id: str) -> str:
    """What a backfill answered for each of its URLs."""
    return of_run(run_id, "answers.jsonl")


def crawl_report(run_id: str, source_id: str) -> str:
    """Where a crawl leaves its report for the flow that began it."""
    return of_run(run_id, f"crawl/{source_id}.json")


def ended_runs(store: Store) -> list[str]:
    """The ids of the runs that have ended, newest first: ids sort as the runs began."""
    names = (key.removeprefix(RUNS) for key in store.list(RUNS, deep=False))
    return sorted((name.removesuffix(".json") for name in names if name.endswith(".json")), reverse=True)
