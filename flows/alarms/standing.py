"""What runs found wrong in; the alarms that stand kept in the store, and people told. Never fails the run that it speaks for."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flows import settings
from flows.alarms import channels
from flows.alarms.state import InStore, Place
from pipeline.core.conservation import RunReport
from pipeline.core.errors import ConfigError, GongbaoError
from pipeline.core.observation import Trouble
from pipeline.health import alarms
from pipeline.health.alarm_rules import AlarmRules, RunTrouble
from pipeline.health.alarms import Found, Letter, Message, Standing, State
from pipeline.store import keys
from pipeline.store.s3 import Store

Say = Callable[[str], None]
Looked = Callable[[str, str], bool]
NEEDS_A_LOOK = "Needs a look"  # the state in which a run ends that published, and in which something broke
_OF_RUNS = (RunTrouble.FAILED, RunTrouble.CRASHED_PAGES, RunTrouble.NOT_MAINTAINED)


def update(place: Place, found: Sequence[Found], looked: Looked, now: datetime, say: Say) -> State:
    """Keep what was found, and tell people what is due; what did not arrive is said and tried again the next time."""
    known = settings.from_environment()
    rules = AlarmRules.load(known.config)
    state = place.read()
    if state and not (found or state.standing or state.undelivered):
        return state  # all is well, as it was
    with place.held():
        state = place.read() or State(began=now)
        standing, messages = alarms.step(state.standing, found, looked, now, rules)
        webhook = known.alarm_webhook.get_secret_value()
        letters = [*_recent(state.undelivered, now, rules), *_letters(messages, rules, webhook, now)]
        state = State(began=state.began, standing=standing, undelivered=tuple(letters))
        place.write(state)  # before anything is sent: killed meanwhile, we send twice rather than never
        channels.emit(messages)
        left = tuple(letter for letter in letters if not _sent(letter, rules, webhook, place.name, say))
        if len(left) < len(letters):
            state = state.model_copy(update={"undelivered": left})
            place.write(state)
    for each in messages:
        say(f"{each.what}: {each.alarm.subject}: {each.alarm.trouble}: {each.alarm.cause}; {each.alarm.look}")
    return state


def after_run(report: RunReport, now: datetime, say: Say) -> None:
    """What a run that ended found, told. `now`: the time of the run, which demo and tests set."""
    with _never_failing(say):
        known = settings.from_environment()
        rules = AlarmRules.load(known.config)
        found = [alarms.of_source(alarm, report.run_id, rules) for alarm in report.alarms]
        found += _of_report(report, now, rules)
        watched = {seen.source_id for seen in report.observations}

        def looked(subject: str, trouble: str) -> bool:
            return (trouble in _OF_RUNS and subject == report.kind) or (trouble in set(Trouble) and subject in watched)

        update(InStore(settings.open_store(known), known.config), found, looked, now, say)
        channels.ended(report.kind, report.run_id, succeeded=report.succeeded)


def on_failure(flow: Any, flow_run: Any, state: Any) -> None:
    """A hook of Prefect: a run that raised leaves a report that says so, and an alarm."""
    from prefect.logging import get_logger  # a flow that failed has loaded it

    if state.name == NEEDS_A_LOOK:  # its report says so, and its alarms are told
        return
    say = get_logger("gongbao.alarms").warning
    with _never_failing(say):
        known, now = settings.from_environment(), datetime.now(UTC)
        run_id, cause = run_id_of(flow_run), (state.message or state.name)[:500]
        if _was_ended(state) or _was_asked_wrongly(flow_run, state):
            return
        store, rules = settings.open_store(known), AlarmRules.load(known.config)
        trouble = RunTrouble.NOT_MAINTAINED if flow.name == "maintain" else RunTrouble.FAILED
        if trouble is RunTrouble.FAILED:
            _leave_report(store, flow.name, run_id, flow_run.start_time or now, now, cause)
        found = [alarms.of_run(flow.name, trouble, cause, now, rules, run_id)]
        update(InStore(store, known.config), found, lambda subject, trouble: False, now, say)
        channels.ended(flow.name, run_id, succeeded=False)


HOOKS: dict[str, Any] = {"on_failure": [on_failure], "on_crashed": [on_failure]}


def maintained(say: Say) -> None:
    """The housekeeping ended: what stood of it is cleared."""
    with _never_failing(say):
        known = settings.from_environment()
        place = InStore(settings.open_store(known), known.config)
        update(place, (), lambda subject, trouble: trouble == RunTrouble.NOT_MAINTAINED, datetime.now(UTC), say)


def standing(store: Store) -> tuple[Standing, ...]:
    """The alarms that stand."""
    found = store.find(keys.ALARMS)
    return State.model_validate_json(found).standing if found else ()


def _of_report(report: RunReport, now: datetime, rules: AlarmRules) -> Iterator[Found]:
    if report.error:
        yield alarms.of_run(report.kind, RunTrouble.FAILED, report.error, now, rules, report.run_id)
    crashed = {
        source.source_id: source.rejected["crashed"] for source in report.sources if "crashed" in source.rejected
    }
    if crashed:
        cause = ", ".join(f"{count} of {source_id}" for source_id, count in crashed.items())
        yield alarms.of_run(report.kind, RunTrouble.CRASHED_PAGES, cause, now, rules, report.run_id)


def run_id_of(flow_run: Any) -> str:
    """As the flow itself makes it. The hook may hold a flow run that has not got its name yet."""
    given = flow_run.parameters.get("run_id", "")
    return given or f"{flow_run.expected_start_time:%Y%m%dT%H%M%SZ}-{str(flow_run.id)[-4:]}"


def _was_ended(state: Any) -> bool:
    """Somebody ended it, or `gongbao serve`, which begins it again."""
    return (state.is_crashed() and "SIGTERM" in (state.message or "")) or ended_with_server(state)


def ended_with_server(state: Any) -> bool:
    """Whether the `gongbao serve` that ran it was killed: Prefect's runs end with the process that began them."""
    return bool(state.is_crashed() and "Python system exit call" in (state.message or ""))


def _was_asked_wrongly(flow_run: Any, state: Any) -> bool:
    """Whoever asked for it sees that."""
    return not flow_run.auto_scheduled and f"{ConfigError.__name__}: " in (state.message or "")


def _leave_report(store: Store, kind: Any, run_id: str, began: datetime, now: datetime, cause: str) -> None:
    from pipeline.corpus.corpus import Corpus  # the table library: `gongbao alarms` needs none

    version = Corpus.open(store).version
    report = RunReport(
        run_id=run_id, kind=kind, started_at=began, ended_at=now, version_before=version, version=version, error=cause
    )
    store.put(keys.run_report(run_id), report.model_dump_json(indent=1).encode(), only_new=True)


def _letters(messages: tuple[Message, ...], rules: AlarmRules, webhook: str, now: datetime) -> Iterator[Letter]:
    for channel in channels.names(rules, webhook) if messages else ():
        yield Letter(channel=channel, written_at=now, messages=messages)


def _recent(letters: Sequence[Letter], now: datetime, rules: AlarmRules) -> Iterator[Letter]:
    oldest = now - timedelta(days=rules.undelivered_days)
    return (letter for letter in letters if letter.written_at >= oldest)


def _sent(letter: Letter, rules: AlarmRules, webhook: str, store: str, say: Say) -> bool:
    try:
        channels.send(letter, rules, webhook, store)
    except channels.Undelivered as error:
        say(f"an alarm could not be sent by {letter.channel}: {error}; it is tried again with the next watch")
        return False
    return True


@contextmanager
def _never_failing(say: Say) -> Iterator[None]:
    """An alarm that cannot be told is said in the log, and the run goes on."""
    try:
        yield
    except GongbaoError as error:
        say(f"alarms could not be told: {error}")
    except Exception as error:  # a defect here must not lose a night
        say(f"alarms could not be told: {type(error).__name__}")
