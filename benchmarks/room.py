"""
Microseconds of Python that a room spends on each delivery of a groupchat message.

    python benchmarks/room.py [--occupants 100] [--messages 2000] [--joins]

Sinks throw away what they get and the archive confirms at once, so that only the room counts: reading the stanza's
attributes, checks, stanza-id, archive row, template, fan-out. ``--joins`` times entering a room of that size instead.
"""

import argparse
import itertools
import time

from twisted.internet.defer import Deferred, succeed

from ccm import records as r
from ccm.muc.options import MucOptions
from ccm.muc.service import MucService
from ccm.router.router import Router
from ccm.wire.stanza import Stanza

DOMAIN = "conference.localhost"
ROOM = f"bench@{DOMAIN}"
MUC = "http://jabber.org/protocol/muc"
CLIENT = "jabber:client"


class NullSession:
    """A session of which only the address is real."""

    hibernating = resumed = False

    def __init__(self, jid):
        self.jid = jid
        self.count = 0

    def deliver(self, _stanza):
        self.count += 1

    def deliver_raw(self, _template):
        self.count += 1


class NullArchive:
    """Confirms at once and keeps nothing."""

    def __init__(self):
        self._ids = itertools.count()

    def next_id(self):
        return f"{next(self._ids):020d}"

    def append(self, _message):
        return succeed(None)

    async def page(self, *_args, **_named):
        return r.Page((), True)


class NullRooms:
    """Keeps nothing."""

    async def load_all(self, _service):
        return ()

    async def save(self, _room):
        return None

    async def delete(self, _jid):
        return None


def spawn(coroutine, done, failed):
    Deferred.fromCoroutine(coroutine).addCallbacks(done, lambda failure: failed(failure.value))


def build(occupants):
    """A room of that many people; answers service, sessions."""
    router = Router(lambda _jid: True, spawn)
    router.add_host("localhost")
    options = MucOptions(messages_per_second=0, room_messages_per_second=0, joins_per_second=0, user_joins_per_minute=0)
    service = MucService(
        DOMAIN, router, NullArchive(), NullRooms(), None, options, time.time, lambda _s, _f: lambda: None, spawn
    )
    spawn(service.start(), lambda _: None, print)
    router.add_domain(DOMAIN, service)
    sessions = [NullSession(f"user{number}@localhost/bench") for number in range(occupants)]
    for number, session in enumerate(sessions):
        router.bind(session)
        join(router, session, f"user{number}")
        if number == 0:
            configure(router, session)
    return router, sessions


def join(router, session, nick):
    attrs = {"from": session.jid, "to": f"{ROOM}/{nick}"}
    router.route(Stanza("presence", attrs, f"<x xmlns='{MUC}'/>".encode(), ((MUC, "x"),)), session)


def configure(router, session):
    inner = f"<query xmlns='{MUC}#owner'><x xmlns='jabber:x:data' type='submit'/></query>".encode()
    attrs = {"type": "set", "id": "c", "from": session.jid, "to": ROOM}
    router.route(Stanza("iq", attrs, inner, ((f"{MUC}#owner", "query"),)), session)


def time_messages(occupants, messages):
    """Microseconds per delivery."""
    router, sessions = build(occupants)
    body = b"<body>" + b"A sentence of the usual length in a discussion. " * 3 + b"</body>"
    stanzas = [
        Stanza(
            "message",
            {"type": "groupchat", "id": f"m{number}", "from": sessions[number % occupants].jid, "to": ROOM},
            body,
            ((CLIENT, "body"),),
        )
        for number in range(messages)
    ]
    before = sum(session.count for session in sessions)
    started = time.process_time()
    for stanza in stanzas:
        router.route(stanza)
    spent = time.process_time() - started
    delivered = sum(session.count for session in sessions) - before
    assert delivered == messages * occupants, (delivered, messages * occupants)
    return spent / delivered * 1e6, spent / messages * 1e6


def time_joins(occupants):
    """Microseconds per presence that a join into a full room causes."""
    router, sessions = build(occupants)
    late = [NullSession(f"late{number}@localhost/bench") for number in range(20)]
    for session in late:
        router.bind(session)
    before = sum(session.count for session in (*sessions, *late))
    started = time.process_time()
    for number, session in enumerate(late):
        join(router, session, f"late{number}")
    spent = time.process_time() - started
    delivered = sum(session.count for session in (*sessions, *late)) - before
    return spent / delivered * 1e6, spent / len(late) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--occupants", type=int, default=100)
    parser.add_argument("--messages", type=int, default=2000)
    parser.add_argument("--joins", action="store_true", help="time entering instead of talking")
    arguments = parser.parse_args()
    if arguments.joins:
        each, whole = time_joins(arguments.occupants)
        print(f"joins into a room of {arguments.occupants}: {each:.2f} us a presence, {whole:.0f} us a join")
    else:
        each, whole = time_messages(arguments.occupants, arguments.messages)
        print(f"room of {arguments.occupants}: {each:.3f} us a delivery, {whole:.1f} us a message")


if __name__ == "__main__":
    main()
