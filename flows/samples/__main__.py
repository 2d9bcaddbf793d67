"""`python -m flows.samples`: serve the sample sites until interrupted."""

import argparse
import sys
import threading
from datetime import date
from pathlib import Path

from flows.samples.faults import FAULTS
from flows.samples.plan import NIGHTS
from flows.samples.site_server import Running, serve, write_sources
from flows.samples.sites import SITES
from flows.samples.world import World


def main(arguments: list[str] | None = None) -> int:
    cli = argparse.ArgumentParser(
        prog="python -m flows.samples", description="Serve a small web of invented sites on the loopback."
    )
    cli.add_argument("--night", type=int, default=0, choices=range(NIGHTS), help="which night it is (default 0)")
    cli.add_argument(
        "--fault", action="append", default=[], metavar="SITE=FAULT[@PATH]", help=f"misbehave: {', '.join(FAULTS)}"
    )
    cli.add_argument("--sources", type=Path, metavar="FOLDER", help="write one source YAML a site there")
    cli.add_argument(
        "--base", type=date.fromisoformat, metavar="DATE", help="the day of the last night (default today)"
    )
    cli.add_argument("--seed", type=int, default=0, help="another seed, another world")
    options = cli.parse_args(arguments)
    with serve(World(options.seed, options.base), night=options.night) as running:
        for order in options.fault:
            site, _, fault = order.partition("=")
            name, _, path = fault.partition("@")
            try:
                running.misbehave(site, name, path or "*")
            except ValueError as error:
                cli.error(str(error))
        _introduce(running, options.sources)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            sys.stderr.write("\n")
    return 0


def _introduce(running: Running, sources: Path | None) -> None:
    lines = [f"{running.url(site):28}{SITES[site].name}" for site in running.ports]
    lines.append(f"\nnight {running.night}; another:  curl -d '{{\"night\": 1}}' {running.control}")
    if sources:
        write_sources(running, sources)
        lines.append(f"crawl them:  GONGBAO_SOURCES={sources} gongbao run")
    print("\n".join(lines), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
