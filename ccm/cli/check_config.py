"""``ccm check-config``: find in the configuration whatever would stop a start, without letting anything in or out."""

import argparse
import sys

from ccm.cli.reactor_run import run_until_done
from ccm.config import Config
from ccm.rehearsal import rehearse
from ccm.reporter.templates import Templates
from ccm.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value", help="override one key")


def run(arguments: argparse.Namespace) -> int:
    """:raises ConfigError: naming file, key and remedy."""
    config = Config.load(arguments.config, arguments.set)
    Settings(config)  # what needs no reactor is found without one
    doubts: list[str] = []
    settings = run_until_done(lambda reactor: rehearse(reactor, config, doubts.append))
    reporter = settings["components.reporter"]
    types = Templates.load((reporter.templates if reporter is not None else "") or None).keys()
    on = [module.name for module in settings.modules()]
    print(f"{settings.source} is in order.\nHost: {settings['server'].host}\nModules: {', '.join(on)}")
    print(f"Document types: {', '.join(types)}")
    for host, own in settings.hosts.items():
        print(f"Virtual host: {host}")
        there = [module.name for module in own.modules()]
        for what, names in (("Also on", set(there) - set(on)), ("Off", set(on) - set(there))):
            if names:
                print(f"  {what} there: {', '.join(sorted(names))}")
    for doubt in doubts:
        print(f"Warning: {doubt}", file=sys.stderr)
    return 0
