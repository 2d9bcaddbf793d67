"""Messages in; what people read in a mail or a chat, and what a program reads, out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pipeline.core.language import t
from pipeline.health.alarms import Found, Message

SCHEMA = "gongbao.alarms/1"


def subject(messages: Sequence[Message]) -> str:
    """One line: how many of what, and the gravest of them."""
    first = _ordered(messages)[0]
    told = t("Gongbao: {}: {} {}", t(first.what), t(first.alarm.subject), _named(first.alarm))
    return told if len(messages) == 1 else t("{} and {} more", told, len(messages) - 1)


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
        return t("cleared: {} {}, which stood since {}", t(alarm.subject), _named(alarm), alarm.since)
    times = t(", told {} times", message.level) if message.level > 1 else ""
    since = t("since {}", alarm.since)
    return (
        f"{t(message.what)}{t(': ')}{t(alarm.subject)} {_named(alarm)} ({t(alarm.grade)}{t(', ')}{since}{times})\n"
        f"  {t('cause')}{t(': ')}{t(alarm.cause)}\n"
        f"  {t('what to do')}{t(': ')}{t(alarm.advice)}\n"
        f"  {t('look closer')}{t(': ')}{alarm.look}\n"
        f"  {t('you act on it')}{t(': ')}{_acknowledge(alarm)}"
    )


def _named(alarm: Found) -> str:
    return t(alarm.trouble.replace("_", " "))


def _acknowledge(alarm: Found) -> str:
    return f"gongbao alarms ack {alarm.subject} --note '…'"
