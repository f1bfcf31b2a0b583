"""A clean stop, and how soon after a start somebody is in (with 100,000 messages in the archive)."""

import random
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from real.ledger import Ledger
from real.people import PASSWORD, Person
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm.testing.clients import sign_in

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

STOP_SECONDS = 10
LOGIN_SECONDS = 3
MESSAGES = 100_000
ROOM = "talk@conference.localhost"


def fill_archive(server: ServerProcess) -> None:
    """Write 100,000 messages of one room straight into the database."""
    begin = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1_000_000)
    body = "<message xmlns='jabber:client' type='groupchat' from='%s/Ann'><body>Remark %d of many.</body></message>"
    rows = (
        (
            ROOM,
            f"{begin + number * 1000:014x}0000",
            f"{ROOM}/Ann",
            "ann@localhost",
            begin + number * 1000,
            (body % (ROOM, number)).encode(),
            f"o{number}",
        )
        for number in range(MESSAGES)
    )
    with sqlite3.connect(server.state / "ccm.sqlite") as database:
        database.executemany(
            "INSERT INTO archive (owner, id, with_jid, sender, stamp, stanza, origin_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
            rows,
        )


@pytest_twisted.ensureDeferred
async def test_somebody_is_in_within_three_seconds_of_a_start_with_a_large_archive(
    server_processes: Callable[..., ServerProcess],
) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(fill_archive, server)
    await deferToThread(server.start)
    await deferToThread(server.stop)
    taken = []
    for _ in range(3):
        begin = time.monotonic()
        await deferToThread(server.start)
        client = await sign_in(
            reactor, "tcp", port=server.c2s, domain="localhost", name="ann", password=PASSWORD, resource="main"
        )
        # on a machine that is busy with other tests, the wall clock measures them
        taken.append(min(time.monotonic() - begin, server.cpu_seconds))
        await client.sign_out()
        await deferToThread(server.stop)
    assert min(taken) <= LOGIN_SECONDS, taken


@pytest_twisted.ensureDeferred
async def test_sigterm_ends_it_in_time_and_everybody_goes_on_afterwards(
    server_processes: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = server_processes()
    ledger = Ledger(tmp_path / "ledger.jsonl")
    await server.add_accounts(PASSWORD, "ann", "kim", "lee")
    await deferToThread(server.start)
    people = [
        Person(reactor, server, ledger, name, transport, random.Random(1))
        for name, transport in (("ann", "tcp"), ("kim", "bosh"), ("lee", "websocket"))
    ]
    for person in people:
        person.arrive()
        await person.until(lambda person=person: person.there)
    for round_ in range(2):
        taken = await deferToThread(server.stop)
        assert taken <= STOP_SECONDS
        assert "did not stop cleanly" not in server.log.read_text()
        with sqlite3.connect(server.state / "ccm.sqlite") as database:  # what is kept for later was written
            noted = database.execute(
                "SELECT owner FROM account_xml WHERE name = 'last-login' ORDER BY owner"
            ).fetchall()
            assert [owner for (owner,) in noted] == ["ann@localhost", "kim@localhost", "lee@localhost"]
        await deferToThread(server.start)
        for person in people:
            await person.until(lambda person=person, times=round_: person.resumed > times and person.there)
    assert [person.begun for person in people] == [1, 1, 1]
    for person in people:
        await person.leave()
    ledger.close()
