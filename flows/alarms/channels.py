"""Letters in, delivered or not: the webhook, e-mail and notification blocks of Prefect; and Prefect's events.

What is secret lies in the environment or in Prefect's blocks. No word of an error repeats it: URLs are not named.
"""

import json
import smtplib
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import suppress
from email.message import EmailMessage
from threading import Thread
from typing import Any
from urllib.error import HTTPError

from pipeline.core.errors import GongbaoError
from pipeline.health import alarm_words
from pipeline.health.alarm_rules import AlarmRules, Delivery, Email
from pipeline.health.alarms import Letter, Message

EVENT = "gongbao.alarm."  # raised, reminded, escalated, cleared


class Undelivered(GongbaoError):
    """It did not arrive."""


def names(rules: AlarmRules, webhook: str) -> list[str]:
    """The ways to people that are configured."""
    ways = ["webhook"] if webhook else []
    ways += ["email"] if rules.email.block else []
    return ways + [f"block {slug}" for slug in rules.blocks]


def send(letter: Letter, rules: AlarmRules, webhook: str, store: str) -> None:
    """Deliver a letter; Undelivered, with words that hold no secret, if that takes too long or is refused."""
    ways: dict[str, Callable[[], None]] = {
        "webhook": lambda: _post(webhook, letter, store, rules.delivery.timeout_seconds),
        "email": lambda: _mail(rules.email, letter.messages),
        **{f"block {slug}": lambda slug=slug: _notify(slug, letter.messages) for slug in rules.blocks},  # type: ignore[misc]
    }
    if letter.channel in names(rules, webhook):  # if not, somebody took that way out of the configuration
        _retried(ways[letter.channel], rules.delivery)


def emit(messages: Sequence[Message]) -> None:
    """An event of Prefect for each message, for automations: `gongbao.alarm.raised` of `gongbao.subject.SUBJECT`."""
    from prefect.events import emit_event  # only where something is told: a quiet command loads no Prefect

    for each in messages:
        alarm = each.alarm
        about = {
            "prefect.resource.id": f"gongbao.subject.{alarm.subject}",
            "prefect.resource.name": alarm.subject,
            "gongbao.trouble": alarm.trouble,
            "gongbao.grade": str(alarm.grade),
        }
        emit_event(EVENT + each.what, about, payload=alarm_words.row(each) | {"text": alarm_words.text([each])})


def ended(kind: str, run_id: str, *, succeeded: bool) -> None:
    """An event that says that a run ended: an automation can wait for one that does not come."""
    from prefect.events import emit_event  # only where something is told: a quiet command loads no Prefect

    about = {"prefect.resource.id": f"gongbao.run.{kind}", "prefect.resource.name": kind}
    emit_event("gongbao.run.ended", about, payload={"run_id": run_id, "succeeded": succeeded})


def _retried(send_once: Callable[[], None], limits: Delivery) -> None:
    for attempt in range(limits.tries - 1):
        with suppress(Undelivered):
            return _within(limits.timeout_seconds, send_once)
        time.sleep(limits.pause_seconds * 2**attempt)
    return _within(limits.timeout_seconds, send_once)


def _within(seconds: float, send_once: Callable[[], None]) -> None:
    """Call it in a thread that nobody waits for any longer than so: not every library knows a limit."""
    outcome: list[BaseException | None] = []

    def call() -> None:
        try:
            send_once()
            outcome.append(None)
        except BaseException as error:  # told by the caller
            outcome.append(error)

    thread = Thread(target=call, daemon=True)
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise Undelivered(f"no answer within {seconds:g} s")
    if error := outcome[0]:
        raise Undelivered(_words(error)) from None


def _words(error: BaseException) -> str:
    """What went wrong, without what the other side or a library repeats of a URL, an address or a password."""
    if isinstance(error, Undelivered):
        return str(error)
    if isinstance(error, HTTPError):
        return f"answered {error.code}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {error.smtp_code}"
    reason = getattr(error, "reason", None)
    return f"{type(error).__name__}" + (f" ({type(reason).__name__})" if isinstance(reason, Exception) else "")


def _post(url: str, letter: Letter, store: str, seconds: float) -> None:
    body = json.dumps(alarm_words.payload(letter.messages, store, letter.written_at), ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "gongbao"}
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=seconds):
        pass  # whatever 2xx


def _mail(rules: Email, messages: Sequence[Message]) -> None:
    from prefect_email import EmailServerCredentials  # only who has mail configured loads it

    escalated = any(each.what == "escalated" for each in messages)
    mail = EmailMessage()
    mail["Subject"], mail["From"] = alarm_words.subject(messages), rules.sender
    mail["To"] = ", ".join(dict.fromkeys((*rules.to, *(rules.escalated_to if escalated else ()))))
    mail.set_content(alarm_words.text(messages))
    credentials: Any = _block(EmailServerCredentials, rules.block)
    with credentials.get_server() as server:
        server.send_message(mail)


def _block(kind: Any, name: str) -> Any:
    """A block that Prefect keeps under the name that config/alarms.yaml gives."""
    from prefect.exceptions import ObjectNotFound  # only where something is told

    try:
        return kind.load(name)
    except ValueError as error:
        if isinstance(error.__cause__, ObjectNotFound):
            raise Undelivered(f"Prefect has no block {name!r}; make one in its UI, under Blocks") from None
        raise


def _notify(slug: str, messages: Sequence[Message]) -> None:
    from prefect.blocks.core import Block  # only where something is told

    block: Any = _block(Block, slug)
    with block.raise_on_failure():
        block.notify(alarm_words.text(messages), alarm_words.subject(messages))
