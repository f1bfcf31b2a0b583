"""An administrator restarts the server, then shuts it down (XEP-0133 §4.30, §4.31), as operators have it."""

import os
import time
from collections.abc import Callable
from typing import Any

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm.testing.clients import Client, sign_in

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

READY = "CCM is ready"


async def arrive(server: ServerProcess) -> Client:
    port = server.c2s
    return await sign_in(reactor, "tcp", port=port, domain="localhost", name="ann", password=PASSWORD, resource="main")


async def command(client: Client, name: str) -> str:
    """Give it without a delay; the note of the answer."""
    node = f"http://jabber.org/protocol/admin#{name}"
    form = "<x xmlns='jabber:x:data' type='submit'/>"
    xml = f"<command xmlns='http://jabber.org/protocol/commands' node='{node}'>{form}</command>"
    client.send(f"<iq type='set' id='c1' to='localhost'>{xml}</iq>")
    while (answer := await client.receive()) is not None and answer.getAttribute("id") != "c1":
        pass
    return answer.toXml() if answer is not None else ""


def wait(server: Any, until: Callable[[], bool]) -> None:
    """Until it is so."""
    last = time.monotonic() + 60
    while not until():
        assert time.monotonic() < last, server.log.read_text()[-3000:]
        time.sleep(0.05)


@pytest_twisted.ensureDeferred
async def test_the_same_process_begins_anew_and_ends_at_last(server_processes: Callable[..., ServerProcess]) -> None:
    server = server_processes({"modules.admin": {"admins": ["ann@localhost"]}})
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(server.start)
    assert server._process is not None
    number = server._process.pid
    client = await arrive(server)
    said = server.log.read_text().count(READY)
    assert "is restarted in 1 seconds" in await command(client, "restart")
    await deferToThread(wait, server, lambda: server.log.read_text().count(READY) == 2 * said)
    assert server.running
    assert os.readlink(f"/proc/{number}/exe").rpartition("/")[2].startswith("python")
    again = await arrive(server)
    assert "ends in 1 seconds" in await command(again, "shutdown")
    await deferToThread(wait, server, lambda: not server.running)
    assert server._process.returncode == 0
    assert "Traceback" not in server.log.read_text()
