"""``ccm check-config``: read the configuration as the server would, without starting anything."""

import argparse

from ccm.component_service import component_secrets
from ccm.config import Config
from ccm.reporter.templates import Templates
from ccm.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("--set", action="append", default=[], metavar="section.key=value", help="override one key")


def run(arguments: argparse.Namespace) -> int:
    """:raises ConfigError: naming file, key and remedy."""
    settings = Settings(Config.load(arguments.config, arguments.set))
    component_secrets(settings)
    reporter = settings["components.reporter"]
    types = Templates.load((reporter.templates if reporter is not None else "") or None).keys()
    on = ", ".join(module.name for module in settings.modules())
    print(f"{settings.source} is in order.\nHost: {settings['server'].host}\nModules: {on}")
    print(f"Document types: {', '.join(types)}")
    for host, own in settings.hosts.items():
        print(f"Virtual host: {host}\nModules there: {', '.join(module.name for module in own.modules())}")
    return 0
