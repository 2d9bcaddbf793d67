"""Messages in; what people read in a mail or a chat, and what a program reads, out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.health.alarms import Found, Message

SCHEMA = "gongbao.alarms/1"


def subject(messages: Sequence[Message]) -> str:
    """One line: how many of what, and the gravest of them."""
    first = _ordered(messages)[0]
    more = f" and {len(messages) - 1} more" if len(messages) > 1 else ""
    return f"Gongbao: {first.what}: {first.alarm.subject} {_named(first.alarm)}{more}"


def text(messages: Sequence[Message]) -> str:
    """For people: each with its cause, what to do, and the commands to look closer and to say that one acts."""
    return "\n\n".join(_paragraph(each) for each in _ordered(messages)) + "\n"


def payload(messages: Sequence[Message], store: str, at: datetime) -> dict[str, Any]:
    """For programs; `text` is what chats show."""
    return {
        "schema": SCHEMA,
        "text": f"{subject(messages)}\n\n{text(messages)}",
        "store": store,
        "at": at.isoformat(),
        "alarms": [row(each) for each in _ordered(messages)],
    }


def row(message: Message) -> dict[str, Any]:
    """One message, flat."""
    told: dict[str, Any] = message.alarm.model_dump(mode="json")
    return {"what": message.what, "level": message.level, **told, "acknowledge": _acknowledge(message.alarm)}


def _ordered(messages: Sequence[Message]) -> list[Message]:
    """What was escalated first, what is over last."""
    order = ("escalated", "raised", "reminded", "cleared")
    return sorted(messages, key=lambda each: (order.index(each.what), each.alarm.subject, each.alarm.trouble))


def _paragraph(message: Message) -> str:
    alarm = message.alarm
    if message.what == "cleared":
        return f"cleared: {alarm.subject} {_named(alarm)}, which stood since {alarm.since}"
    times = f", told {message.level} times" if message.level > 1 else ""
    return (
        f"{message.what}: {alarm.subject} {_named(alarm)} ({alarm.grade}, since {alarm.since}{times})\n"
        f"  cause: {alarm.cause}\n"
        f"  what to do: {alarm.advice}\n"
        f"  look closer: {alarm.look}\n"
        f"  you act on it: {_acknowledge(alarm)}"
    )


def _named(alarm: Found) -> str:
    return alarm.trouble.replace("_", " ")


def _acknowledge(alarm: Found) -> str:
    return f"gongbao alarms ack {alarm.subject} --note '…'"
