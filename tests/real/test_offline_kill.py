"""What waits for somebody who is away, on a server that is killed: there if it was acknowledged, once (XEP-0160)."""

from collections.abc import Callable
from typing import Any

import pytest
import pytest_twisted
from fixtures.server import ServerProcess
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.testing.clients import authenticate, bind, connect

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]


class Line:
    """One client over TCP that says everything itself."""

    def __init__(self, link: Any) -> None:
        self._link = link
        self.jid = ""

    @classmethod
    async def of(cls, server: ServerProcess, name: str, resource: str = "") -> "Line":
        """Signed in, and bound to a resource if one is named."""
        link = await connect(reactor, "tcp", host="127.0.0.1", port=server.c2s, domain="localhost")
        await authenticate(link, name, PASSWORD)
        line = cls(link)
        if resource:
            line.jid = await bind(link, resource)
        return line

    def send(self, xml: str) -> None:
        """Send an element."""
        self._link.write(xml.encode())

    async def until(self, name: str) -> tuple[Element, list[str]]:
        """The next element of that name, and the ids of the messages before it."""
        ids = []
        while True:
            element = await self._link.inbox.take()
            assert element is not None, f"the stream ended before <{name}/>"
            if element.name == name:
                return element, ids
            if element.name == "message":
                ids.append(element["id"])

    async def messages(self) -> list[str]:
        """The ids of all messages that have come, and of those that the store is being asked for."""
        ids = []
        for _ in range(3):
            self.send(f"<iq type='get' id='m'><metadata xmlns='{ns.MAM}'/></iq>")
            ids += (await self.until("iq"))[1]
        return ids

    async def drop(self) -> None:
        """The connection is gone."""
        await self._link.drop()


async def anew(server: ServerProcess) -> None:
    """Kill it, and start it again."""
    await deferToThread(server.kill)
    await deferToThread(server.start)


async def leave_messages(server: ServerProcess, *ids: str) -> None:
    """Ann writes to Kim, who is away; the server says that it is on disk."""
    ann = await Line.of(server, "ann", "main")
    ann.send(f"<enable xmlns='{ns.SM}'/>")
    await ann.until("enabled")
    for id_ in ids:
        ann.send(f"<message to='kim@localhost' type='chat' id='{id_}'><body>{id_}</body></message>")
    ann.send(f"<r xmlns='{ns.SM}'/>")
    answer, _ = await ann.until("a")
    assert answer["h"] == str(len(ids))


@pytest_twisted.ensureDeferred
async def test_what_was_acknowledged_waits_and_is_in_both_archives_after_a_kill(
    server_processes: Callable[..., ServerProcess],
) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann", "kim")
    await deferToThread(server.start)
    await leave_messages(server, "one", "two")
    await anew(server)
    for name in ("kim", "ann"):
        line = await Line.of(server, name, "main")
        line.send(f"<iq type='set' id='q'><query xmlns='{ns.MAM}'/></iq>")
        came = []
        while (element := await line._link.inbox.take()).name == "message":
            came.append(element.result.forwarded.message["id"])
        assert came == ["one", "two"]
        await line.drop()
    kim = await Line.of(server, "kim", "phone")
    kim.send("<presence/>")
    assert await kim.messages() == ["one", "two"]


@pytest_twisted.ensureDeferred
async def test_what_was_handed_to_a_session_that_resumes_comes_once_whenever_the_server_is_killed(
    server_processes: Callable[..., ServerProcess],
) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann", "kim")
    await deferToThread(server.start)
    await leave_messages(server, "one", "two")
    kim = await Line.of(server, "kim", "main")
    kim.send(f"<enable xmlns='{ns.SM}' resume='true'/>")
    enabled, _ = await kim.until("enabled")
    kim.send("<presence/>")
    for id_ in ("one", "two"):
        message, _ = await kim.until("message")
        assert message["id"] == id_
    await anew(server)

    kim = await Line.of(server, "kim")
    kim.send(f"<resume xmlns='{ns.SM}' previd='{enabled['id']}' h='1'/>")  # of its own presence: it got no message
    await kim.until("resumed")
    assert await kim.messages() == ["one", "two"]
    kim.send(f"<a xmlns='{ns.SM}' h='4'/>")
    assert await kim.messages() == []
    await anew(server)

    kim = await Line.of(server, "kim")
    kim.send(f"<resume xmlns='{ns.SM}' previd='{enabled['id']}' h='5'/>")
    await kim.until("resumed")
    assert await kim.messages() == []
    phone = await Line.of(server, "kim", "phone")
    phone.send("<presence/>")
    assert await phone.messages() == []
