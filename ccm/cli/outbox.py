"""``ccm outbox``: what waits to leave the server or was given up, in its store; start what was given up anew."""

import argparse
from typing import Any

from ccm.cli.opened import open_as_server
from ccm.cli.reactor_run import run_until_done
from ccm.config import Config
from ccm.errors import CCMError
from ccm.interfaces import IOutbox
from ccm.settings import Settings


def add(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="list|retry")
    verbs.add_parser("list", help="how many jobs wait, and those that were given up, with the reason")
    one = verbs.add_parser("retry", help="start jobs that were given up anew; a running server takes them up by itself")
    one.add_argument("keys", nargs="*", metavar="KEY", help="as shown by list")
    one.add_argument("--all", action="store_true", help="every one of them")


def run(arguments: argparse.Namespace) -> int:
    """:raises CCMError: if it cannot be done, naming the remedy."""
    if arguments.verb == "retry" and bool(arguments.keys) == arguments.all:
        raise CCMError("Name the jobs to start anew, or give --all. ccm outbox list shows them.")
    settings = Settings(Config.load(arguments.config))

    async def work(reactor: Any) -> int:
        stores, _ = await open_as_server(reactor, settings)
        try:
            return await (_list if arguments.verb == "list" else _retry)(arguments, stores.outbox)
        finally:
            await stores.close()

    return int(run_until_done(work))


async def _list(_: argparse.Namespace, outbox: IOutbox) -> int:
    for (kind, state), count in sorted((await outbox.counts()).items()):
        print(f"{kind}\t{state}\t{count}")
    for job, why in await outbox.parked():
        since = f"{job.created:%Y-%m-%d %H:%M}" if job.created else "-"
        print(f"{job.key}\t{since}\t{' '.join(why.split())}")
    return 0


async def _retry(arguments: argparse.Namespace, outbox: IOutbox) -> int:
    keys = [job.key for job, _ in await outbox.parked()] if arguments.all else arguments.keys
    unknown = [key for key in keys if not await outbox.revive(key)]
    print(f"{len(keys) - len(unknown)} started anew.")
    if unknown:
        raise CCMError(f"Not given up: {', '.join(unknown)}. ccm outbox list shows the keys.")
    return 0
