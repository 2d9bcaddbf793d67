"""Alarms on their way to people: a real Prefect server with its events and blocks, a real webhook, a real mail server."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from prefect.states import Crashed, Failed

from flows import leases, settings
from flows.alarms import channels, watching
from flows.alarms import standing as alarms
from flows.schedules import Schedules
from flows.servers import prefect_server
from pipeline.core.conservation import RunReport, SourceReport
from pipeline.core.errors import StoreError
from pipeline.core.observation import Alarm, Grade, Observation, Trouble
from pipeline.health.alarm_rules import AlarmRules, Delivery, Email, RunTrouble
from pipeline.health.alarms import Found, Letter, Message, Standing, State
from pipeline.store import keys
from pipeline.store.s3 import Store
from tests.makers.places import ROOT
from tests.makers.servers.waiting import until
from tests.makers.troubles import found

pytestmark = pytest.mark.slow
TOKEN, PASSWORD = "t0ken-of-the-webhook", "passw0rd-of-the-mail"
COMMAND = [sys.executable, "-m", "flows.cli.main"]


class Receiver(ThreadingHTTPServer):
    """A webhook: what was posted, and how it answers."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, Any]] = []
        self.answers: list[int] = []  # 200 when there is none left; 0: it hangs until it is given up
        self.given_up = threading.Event()
        super().__init__(("127.0.0.1", 0), _Post)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"

    def at(self, path: str) -> list[Any]:
        return [body for at, body in self.posts if at == f"/{path}"]


class _Post(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code = self.server.answers.pop(0) if self.server.answers else 200
        if not code:
            self.server.given_up.wait()
        self.server.posts.append((self.path, body))
        self.send_response(code or 200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None: ...


class Mailbox:
    """A mail server that wants a password."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return "250 OK"

    def check(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
        return AuthResult(success=right)


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box = Mailbox()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(
        box, hostname="127.0.0.1", port=port, authenticator=box.check, auth_required=True, auth_require_tls=False
    )
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture(scope="module")
def prefect(s3: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[prefect_server.Server]:
    """Prefect's server with its folder, known to this process and to every command."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    home = tmp_path_factory.mktemp("home")
    before = dict(os.environ)
    os.environ |= {
        "GONGBAO_HOME": str(home),
        "PREFECT_HOME": str(home / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    server = prefect_server.start(home)
    os.environ["PREFECT_API_URL"] = server.api
    with temporary_settings({PREFECT_API_URL: server.api}):
        yield server
    prefect_server.stop(home)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def configured(
    prefect: prefect_server.Server, store: Store, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """A store, a webhook, and a configuration of which the mail and the blocks may be set."""
    receiver.posts.clear()
    config = shutil.copytree(ROOT / "config", tmp_path / "config")
    for name, value in {"STORE": store.url, "CONFIG": config, "SOURCES": ROOT / "config" / "sources"}.items():
        monkeypatch.setenv(f"GONGBAO_{name}", str(value))
    monkeypatch.setenv("GONGBAO_ALARM_WEBHOOK", receiver.url(TOKEN))
    return store


def stands(store: Store, told: Found, days: float = 0, level: int = 0) -> None:
    """An alarm was told so many days ago."""
    first = datetime.now(UTC) - timedelta(days=days)
    state = State(
        began=datetime.now(UTC), standing=(Standing(found=told, first_told=first if level else None, level=level),)
    )
    store.put(keys.ALARMS, state.model_dump_json().encode())


def gongbao(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([*COMMAND, *words], cwd=ROOT, capture_output=True, text=True, check=False)


def save_blocks(receiver: Receiver, port: int) -> None:
    from prefect.blocks.notifications import CustomWebhookNotificationBlock
    from prefect_email import EmailServerCredentials

    chat: Any = CustomWebhookNotificationBlock(
        name="chat", url=receiver.url("chat"), json_data={"subject": "{{subject}}", "body": "{{body}}"}
    )
    mail: Any = EmailServerCredentials(
        username="gongbao", password=PASSWORD, smtp_server="127.0.0.1", smtp_type="INSECURE", smtp_port=port
    )
    chat.save("chat", overwrite=True)
    mail.save("mail", overwrite=True)


def test_what_nobody_acted_on_reaches_people_on_every_way_once_and_leaves_no_secret(
    configured: Store, receiver: Receiver, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    box, port = mailbox
    save_blocks(receiver, port)
    rules = tmp_path / "config" / "alarms.yaml"
    mails = 'email:\n  block: "mail"\n  sender: "gongbao@example.org"\n  to: [desk@example.org]\n  escalated_to: [head@example.org]\n'
    text = rules.read_text()
    rules.write_text(
        text[: text.index("email:")]
        + mails
        + "blocks: [custom-webhook/chat]\n"
        + text[text.index("troubles:") - 80 :].partition("\n")[2]
    )
    made = gongbao("alarms", "automate", "custom-webhook/chat")
    assert made.returncode == 0, made.stderr
    stands(configured, found("gov_cn"), days=3.5, level=2)

    looked = gongbao("watch")
    assert looked.returncode == 0, looked.stderr
    lines = [json.loads(line) for line in looked.stderr.splitlines()]  # no terminal: a log
    assert any(line["run"] and "escalated: gov_cn" in line["message"] for line in lines if "run" in line)
    (posted,) = receiver.at(TOKEN)
    (alarm,) = posted["alarms"]
    assert (alarm["what"], alarm["subject"], alarm["level"]) == ("escalated", "gov_cn", 3)
    assert (alarm["look"], alarm["cause"]) == ("gongbao sources check gov_cn", "dns: does not answer")
    (mail,) = box.mails
    assert mail.rcpt_tos == ["desk@example.org", "head@example.org"]
    assert b"escalated: gov_cn" in (mail.content or b"")
    automated = until(lambda: [each for each in receiver.at("chat") if "nobody acted on gov_cn" in each["subject"]])
    assert "gongbao alarms ack gov_cn" in automated[0]["body"]
    assert len(receiver.at("chat")) == 2  # one from the block, one from the automation

    told = gongbao("alarms")
    assert "told 3 times" in told.stdout
    assert gongbao("alarms", "ack", "gov_cn", "--note", "they move house").returncode == 0
    assert "they move house" in gongbao("alarms").stdout
    assert gongbao("alarms", "ack", "nobody", "--note", "?").returncode == 2
    stored = b"".join(configured.get(key) for key in configured.list())
    printed = "".join(run.stdout + run.stderr for run in (made, looked, told))
    for secret in (TOKEN, PASSWORD):
        assert secret not in printed
        assert secret.encode() not in stored
    assert (len(receiver.at(TOKEN)), len(box.mails)) == (1, 1)


def test_a_message_that_does_not_arrive_is_said_and_sent_by_the_next_watch(
    configured: Store, receiver: Receiver
) -> None:
    words: list[str] = []
    receiver.answers = [500] * 3
    report = RunReport(
        run_id="20260302T000000Z-0001", kind="nightly", started_at=datetime.now(UTC), ended_at=datetime.now(UTC),
        version_before=1, version=2, sources=(SourceReport(source_id="gov_cn"),),
        observations=(Observation(source_id="gov_cn", day=datetime.now(UTC).date()),),
        alarms=(Alarm(source_id="gov_cn", trouble=Trouble.DEAD, grade=Grade.WARNING, since=datetime.now(UTC).date(),
                      nights=2, detail="dns", advice="Look."),),
    )  # fmt: skip
    alarms.after_run(report, datetime.now(UTC), words.append)
    assert any("could not be sent by webhook: answered 500" in line for line in words)
    assert TOKEN not in " ".join(words)
    assert len(receiver.posts) == 3
    watching.watch(datetime.now(UTC), words.append)
    assert len(receiver.posts) == 4
    watching.watch(datetime.now(UTC), words.append)
    assert len(receiver.posts) == 4
    sound = report.model_copy(update={"alarms": ()})
    alarms.after_run(sound, datetime.now(UTC), words.append)
    assert [each["what"] for each in receiver.at(TOKEN)[-1]["alarms"]] == ["cleared"]
    assert alarms.standing(configured) == ()


def test_a_run_that_raised_leaves_a_report_and_an_alarm_until_one_goes_well(
    configured: Store, receiver: Receiver
) -> None:
    from prefect import flow

    @flow(name="nightly", flow_run_name="nightly {run_id}", **alarms.HOOKS)
    def broken(run_id: str) -> None:
        raise StoreError("the bucket is full")

    with pytest.raises(StoreError):
        broken("20260302T000000Z-0002")
    report = RunReport.model_validate_json(configured.get("runs/20260302T000000Z-0002.json"))
    assert "the bucket is full" in report.error
    assert not report.succeeded
    (alarm,) = receiver.at(TOKEN)[-1]["alarms"]
    assert (alarm["subject"], alarm["trouble"]) == ("nightly", RunTrouble.FAILED)
    assert alarm["look"] == "gongbao report 20260302T000000Z-0002"
    later = report.model_copy(update={"error": "", "run_id": "20260303T000000Z-0003"})
    alarms.after_run(later, datetime.now(UTC), lambda line: None)
    assert alarms.standing(configured) == ()


def test_a_night_that_did_not_run_is_missed_and_one_that_ran_is_not(configured: Store) -> None:
    def say(line: str) -> None: ...

    morning = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    first = watching.watch(morning - timedelta(days=1), say)
    assert first
    assert first.standing == ()  # nobody knows what was due before it looked for the first time
    missed = watching.watch(morning, say)
    assert missed
    assert [(each.found.subject, each.found.trouble) for each in missed.standing] == [("nightly", "night_missing")]
    assert "2026-03-02 01:10" in missed.standing[0].found.cause
    enabled = [source.id for source in settings_sources() if source.enabled and not source.schedule]
    report = RunReport(
        run_id="20260302T020000Z-0001", kind="nightly", started_at=morning, ended_at=morning, version_before=0, version=0,
        sources=tuple(SourceReport(source_id=each) for each in enabled),
    )  # fmt: skip
    configured.put(f"runs/{report.run_id}.json", report.model_dump_json().encode())
    after = watching.watch(morning + timedelta(hours=1), say)
    assert after
    assert after.standing == ()


def settings_sources() -> list[Any]:
    from pipeline.core.source import load_all

    return list(load_all(settings.from_environment().sources))


def test_a_run_that_hangs_is_named_and_so_is_what_stands_of_a_source_that_is_no_more(configured: Store) -> None:
    stands(configured, found("was_deleted"), days=1, level=2)
    limits = Schedules.load(ROOT / "config").leases
    with leases.hold(configured, "source=gov_cn", "20260301T171000Z-0001", limits):
        state = watching.watch(datetime.now(UTC) + timedelta(hours=13), lambda line: None)
    assert state
    stuck = {each.found.subject: each.found for each in state.standing if each.found.trouble == "stuck"}
    assert "20260301T171000Z-0001 is at it" in stuck["source=gov_cn"].cause
    assert "was_deleted" not in {each.found.subject for each in state.standing}


def test_a_store_that_does_not_answer_is_told_once_and_cleared_when_it_does(
    configured: Store, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, right = datetime.now(UTC), os.environ["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    for hour in range(3):
        assert watching.watch(now + timedelta(hours=hour), lambda line: None) is None
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", right)
    watching.watch(now + timedelta(hours=4), lambda line: None)
    told = [(alarm["what"], alarm["subject"]) for post in receiver.at(TOKEN) for alarm in post["alarms"]]
    assert told == [("raised", "store"), ("cleared", "store")]


def test_a_webhook_is_tried_again_and_never_waited_for(receiver: Receiver) -> None:
    rules = AlarmRules.load(ROOT / "config")
    patient, quick = (
        rules.model_copy(update={"delivery": Delivery(timeout_seconds=seconds, tries=2, pause_seconds=0.1)})
        for seconds in (600, 0.5)
    )
    messages = (Message(what="raised", alarm=found(), level=1),)
    letter = Letter(channel="webhook", written_at=datetime.now(UTC), messages=messages)
    receiver.posts.clear()
    receiver.answers = [503]
    channels.send(letter, patient, receiver.url(TOKEN), "s3://bucket")
    assert len(receiver.posts) == 2
    receiver.answers = [0, 0]
    with pytest.raises(channels.Undelivered, match=r"^(no answer within 0.5 s|TimeoutError.*)$"):
        channels.send(letter, quick, receiver.url(TOKEN), "s3://bucket")
    receiver.given_up.set()
    with pytest.raises(channels.Undelivered) as refused:
        channels.send(letter, quick, f"http://127.0.0.1:1/{TOKEN}", "s3://bucket")
    assert TOKEN not in str(refused.value)


def test_nobody_acts_until_a_day_that_is_over_in_shanghai_wherever_the_machine_is(configured: Store) -> None:
    stands(configured, found("gov_cn"), days=1, level=1)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    west = os.environ | {"TZ": "WST23:59"}  # 32 hours behind: there yesterday is not over

    def acknowledged(day: date) -> "subprocess.CompletedProcess[str]":
        call = [*COMMAND, "alarms", "ack", "gov_cn", "--note", "they move house", "--until", f"{day}"]
        return subprocess.run(call, cwd=ROOT, env=west, capture_output=True, text=True, check=False)

    refused = acknowledged(today - timedelta(days=1))
    assert (refused.returncode, "is over" in refused.stderr) == (2, True)
    assert acknowledged(today + timedelta(days=1)).returncode == 0
    shown = subprocess.run([*COMMAND, "alarms"], cwd=ROOT, env=west, capture_output=True, text=True, check=True)
    assert f"since {today}" in shown.stdout or f"since {today + timedelta(days=1)}" in shown.stdout  # around midnight


@pytest.mark.parametrize(
    ("channel", "block"),
    [("email", "no-such-mail"), ("block custom-webhook/no-such-chat", "custom-webhook/no-such-chat")],
)
def test_a_block_that_prefect_has_not_is_named(prefect: prefect_server.Server, channel: str, block: str) -> None:
    rules = AlarmRules.load(ROOT / "config").model_copy(
        update={"delivery": Delivery(timeout_seconds=600, tries=1, pause_seconds=0.1), "blocks": (block,),
                "email": Email(block=block, sender="gongbao@example.org", to=("desk@example.org",))}
    )  # fmt: skip
    messages = (Message(what="raised", alarm=found(), level=1),)
    letter = Letter(channel=channel, written_at=datetime.now(UTC), messages=messages)
    with pytest.raises(channels.Undelivered, match=f"^Prefect has no block '{block}'"):
        channels.send(letter, rules, "", "s3://bucket")


def test_prefect_alone_tells_when_nights_no_longer_end_and_is_silent_while_they_do(
    configured: Store, receiver: Receiver, mailbox: tuple[Mailbox, int], tmp_path: Path
) -> None:
    """The last resort, for the case that all of Gongbao is down: 20 seconds here, 32 hours in the file."""
    save_blocks(receiver, mailbox[1])
    automations = tmp_path / "config" / "automations.yaml"
    automations.write_text(automations.read_text("utf-8").replace("within: 115200", "within: 20"), "utf-8")
    made = gongbao("alarms", "automate", "custom-webhook/chat")
    assert made.returncode == 0, made.stderr
    nights = "import time; from flows.alarms.channels import ended\nfor _ in range(5): ended('nightly', '0001', succeeded=True); time.sleep(5)"
    subprocess.run([sys.executable, "-c", nights], cwd=ROOT, check=True)  # a process, as a night is
    assert receiver.at("chat") == []
    (told,) = until(lambda: receiver.at("chat"))
    assert told["subject"] == "Gongbao: no night has ended for 32 hours"
    assert "`gongbao run` catches up" in told["body"]


def test_a_run_that_ended_with_a_killed_server_is_told_from_one_that_crashed() -> None:
    said = (
        "Execution was aborted by Python system exit call.",
        "Flow run infrastructure exited with code -9",
        "SIGTERM",
    )
    assert [alarms.ended_with_server(Crashed(message=words)) for words in said] == [True, False, False]
    assert not alarms.ended_with_server(Failed(message=said[0]))
