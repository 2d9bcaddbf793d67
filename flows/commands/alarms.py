"""`gongbao alarms` and `gongbao watch`: what stands for people, who acts on it, and whether messages arrive."""

import getpass
import time
from datetime import UTC, date, datetime
from typing import Any

from rich.text import Text

from flows import settings
from flows.alarms import channels
from flows.alarms import standing as alarms
from flows.alarms.state import InStore
from flows.servers import prefect_setup
from flows.terminal import output
from pipeline.core.config import Strict, read
from pipeline.core.dates import SHANGHAI
from pipeline.core.errors import ConfigError
from pipeline.core.observation import Grade
from pipeline.health import alarms as standing
from pipeline.health.alarm_rules import AlarmRules
from pipeline.health.alarms import Acknowledged, Found, Letter, Message, Standing, State

_STYLE = {Grade.NOTICE: "dim", Grade.WARNING: "yellow", Grade.ALARM: "red"}
_BLOCK = "BLOCK_ID"  # stands in config/automations.yaml for the block that notifies
_SENT_SECONDS = 5  # for Prefect's client to send its events: nobody says when it has


class Automations(Strict):
    """`config/automations.yaml`, as Prefect's own `prefect automation create --from-file` reads it."""

    automations: tuple[dict[str, Any], ...]


def show(*, as_json: bool) -> None:
    """Print the alarms that stand, the gravest first."""
    found = alarms.standing(settings.open_store(settings.from_environment()))
    ordered = sorted(found, key=lambda each: (-list(Grade).index(each.found.grade), each.name))
    if as_json:
        for each in ordered:
            output.emit(each.model_dump(mode="json"))
        return
    for each in ordered:
        alarm = each.found
        about = f"{alarm.grade}: {alarm.subject}: {alarm.trouble.replace('_', ' ')} since {alarm.since}: {alarm.cause}"
        output.out.print(Text(about, style=_STYLE[alarm.grade]))
        output.out.print(f"    {alarm.advice}\n    {alarm.look}\n    {_acts(each)}", markup=False)
    if not ordered:
        output.out.print("no alarm stands")


def acknowledge(subject: str, note: str, until: date | None) -> None:
    """Say that somebody acts on the alarms of a subject."""
    now = datetime.now(UTC)
    if until and until < now.astimezone(SHANGHAI).date():
        raise ConfigError(f"{until} is over", key="--until")
    known = settings.from_environment()
    place = InStore(settings.open_store(known), known.config)
    with place.held():
        state = place.read() or State(began=now)
        subjects = sorted({each.found.subject for each in state.standing})
        if subject not in subjects:
            raise ConfigError(f"no alarm of {subject!r} stands; of {', '.join(subjects) or 'nothing else either'}")
        said = Acknowledged(at=now, by=getpass.getuser(), note=note, until=until)
        place.write(state.model_copy(update={"standing": standing.acknowledge(state.standing, subject, said)}))
    output.say(f"{subject}: silent until {f'the end of {until}' if until else 'it is over'}")


def test() -> bool:
    """Send a message on every way that is configured; whether all arrived."""
    known, now = settings.from_environment(), datetime.now(UTC)
    rules, webhook = AlarmRules.load(known.config), known.alarm_webhook.get_secret_value()
    prefect_setup.prepare(known.home)()
    alarm = Found(
        subject="test", trouble="none", grade=Grade.NOTICE, since=now.date(), cause="somebody asked for a test message",
        advice="Nothing is to be done.", look="gongbao alarms",
    )  # fmt: skip
    messages = (Message(what="raised", alarm=alarm, level=1),)
    channels.emit(messages)
    good = True
    for channel in channels.names(rules, webhook):
        try:
            letter = Letter(channel=channel, written_at=now, messages=messages)
            channels.send(letter, rules, webhook, known.store)
            output.say(f"{channel}: sent")
        except channels.Undelivered as error:
            output.say(f"{channel}: {error}")
            good = False
    time.sleep(_SENT_SECONDS)
    output.say(f"event of Prefect: {channels.EVENT}raised")
    return good


def automate(block: str) -> None:
    """Create the automations in Prefect, or replace those of the same names."""
    known = settings.from_environment()
    ready = prefect_setup.prepare(known.home)
    from prefect.automations import Automation  # Prefect reads its settings when it is imported
    from prefect.blocks.core import Block

    ready()
    stored: Any = Automation  # its methods return coroutines, or not, as they are called
    blocks: Any = Block
    try:
        block_id = str(blocks.load(block)._block_document_id)
    except ValueError as error:
        raise ConfigError(f"Prefect has no block {block!r}; make one in its UI, under Blocks") from error
    for told in read(known.config / "automations.yaml", Automations).automations:
        actions = [
            {name: block_id if value == _BLOCK else value for name, value in action.items()}
            for action in told["actions"]
        ]
        wanted = stored.model_validate(told | {"actions": actions})
        try:
            wanted.id = stored.read(name=wanted.name).id
            wanted.update()
        except ValueError:  # there is none of that name
            wanted.create()
        output.say(f"automation: {wanted.name}")


def watch() -> None:
    """Look once, as a flow of Prefect."""
    known = settings.from_environment()
    AlarmRules.load(known.config)  # wrong configuration stops here
    ready = prefect_setup.prepare(known.home)
    from flows.runs import watch as watch_flow  # Prefect reads its settings when it is imported

    ready()
    if count := watch_flow.watch():
        output.say(f"{count} {'alarm stands' if count == 1 else 'alarms stand'}; `gongbao alarms` shows them")


def _acts(each: Standing) -> str:
    said = each.acknowledged
    if said is None:
        return f"gongbao alarms ack {each.found.subject} --note '…'   (told {each.level} times)"
    until = f" until {said.until}" if said.until else ""
    return f"{said.by} acts on it since {said.at.astimezone(SHANGHAI):%Y-%m-%d}{until}: {said.note}"
