"""The commands on alarms: what each is called and takes. Their work is loaded when asked for."""

import sys
from datetime import datetime

import click


@click.group("alarms", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="JSON lines.")
@click.pass_context
def alarms(context: click.Context, as_json: bool) -> None:
    """The alarms that stand, the gravest first."""
    if context.invoked_subcommand is None:
        from flows.commands import alarms as alarming

        alarming.show(as_json=as_json)


@alarms.command()
@click.argument("subject")
@click.option("--note", required=True, help="What is being done.")
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Silent up to and with this day, YYYY-MM-DD; unset: until it is over.",
)
def ack(subject: str, note: str, until: datetime | None) -> None:
    """Say that you act on the alarms of SUBJECT, a source or a flow: they escalate no further."""
    from flows.commands import alarms as alarming

    alarming.acknowledge(subject, note, until.date() if until else None)


@alarms.command()
def test() -> None:
    """Send a message on every way that is configured; exit code 1 if one does not arrive."""
    from flows.commands import alarms as alarming

    sys.exit(0 if alarming.test() else 1)


@alarms.command()
@click.argument("block")
def automate(block: str) -> None:
    """Create the automations of config/automations.yaml in Prefect; they notify by BLOCK, such as slack-webhook/NAME."""
    from flows.commands import alarms as alarming

    alarming.automate(block)


@click.command()
def watch() -> None:
    """Look whether nights ended in time and whether anything hangs, and tell people what is due."""
    from flows.commands import alarms as alarming

    alarming.watch()


COMMANDS = (alarms, watch)
