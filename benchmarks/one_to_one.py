"""
CPU time of a one-to-one message from router to sink, with and without the archives of both who exchange it.

    python benchmarks/one_to_one.py [MESSAGES] [WINDOW] [FOLDER]

WINDOW messages are under way at a time, among fifty pairs; then all of them are on disk before the next. All threads of
the process are counted, with commits and checkpoints; parsing, sockets and framing are not. *Filing* is what it takes
later to enter them in the archives. FOLDER is where the files go.
"""

import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import react

from ccm.modules import blocking, carbons, mam, messages, offline
from ccm.router.router import Router
from ccm.running import spawn
from ccm.store.options import StateOptions, StoreOptions
from ccm.store.stores import open_stores
from ccm.testing.fakes import RecordingSession, make_services
from ccm.wire.stanza import Stanza

PAIRS = 50
BODY = b"<body>%s</body><request xmlns='urn:xmpp:receipts'/>" % (b"x" * 100)
CHILDREN = (("jabber:client", "body"), ("urn:xmpp:receipts", "request"))
ROUNDS = 5


class Sink(RecordingSession):
    """Serialises what it gets, and throws it away."""

    def deliver(self, stanza: Stanza) -> None:
        stanza.to_bytes()


async def server(folder: Path, *, archived: bool) -> tuple[Any, Any, list[Sink]]:
    """A router on stores of its own, with a hundred people."""
    stores = await open_stores(reactor, StoreOptions(), StateOptions(), folder, host="localhost")
    services = make_services(
        accounts=stores.accounts,
        archive=stores.archive,
        personal=stores.personal,
        offline=stores.offline,
        barrier=stores.database.barrier,
        now=time.time,
    )
    router = Router(stores.accounts.exists, spawn)
    router.add_host("localhost")
    modules = [blocking, carbons, messages, offline] + ([mam] if archived else [])
    for module in sorted(modules, key=lambda each: each.plugin.name):
        module.plugin.install(router, services)
    people = []
    for number in range(2 * PAIRS):
        await stores.accounts.create(f"user{number}@localhost", "", None, ())
        people.append(Sink(f"user{number}@localhost/bench"))
        router.bind(people[-1])
    return stores, router, people


async def turn() -> None:
    """Let the reactor go round once."""
    done: Deferred[None] = Deferred()
    reactor.callLater(0, done.callback, None)  # type: ignore[attr-defined]
    await done


async def talk(stores: Any, router: Any, people: list[Sink], count: int, window: int) -> float:
    """:returns: µs of CPU per message."""
    chance = random.Random(1)
    pairs = [chance.randrange(PAIRS) for _ in range(count)]
    before = time.process_time()
    for first in range(0, count, window):
        for number in pairs[first : first + window]:
            one, other = people[2 * number], people[2 * number + 1]
            attrs = {"type": "chat", "id": f"m{first}", "to": other.jid, "from": one.jid}
            router.route(Stanza("message", attrs, BODY, CHILDREN), one)
        await turn()
        barrier = stores.database.barrier()
        if barrier is not None:
            await barrier
    return (time.process_time() - before) / count * 1e6


async def main(count: int, window: int, where: str | None) -> None:
    """Take turns, so that what else the machine does hits both alike."""
    with tempfile.TemporaryDirectory(dir=where) as folder:
        servers = []
        for archived in (False, True):
            (Path(folder) / str(archived)).mkdir()
            servers.append(await server(Path(folder) / str(archived), archived=archived))
        rounds = []
        for _ in range(ROUNDS):
            figures = [await talk(*each, count, window) for each in servers]
            before = time.process_time()
            await servers[1][0].personal.file()
            rounds.append((*figures, (time.process_time() - before) / count * 1e6))
        plain, kept, filing = (statistics.median(column) for column in zip(*rounds, strict=True))
        print(f"{plain:6.1f} µs without, {kept:6.1f} with archives: {kept - plain:5.1f} more; filing {filing:5.1f}")
        for stores, _, _ in servers:
            await stores.close()


if __name__ == "__main__":
    messages_, window_ = (int(word) for word in (*sys.argv[1:3], *("5000", "100")[len(sys.argv[1:3]) :]))
    react(lambda _: Deferred.fromCoroutine(main(messages_, window_, *(sys.argv[3:4] or [None]))))
