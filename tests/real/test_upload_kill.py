"""Files on a server that is killed: what was answered is there, what was not leaves nothing (XEP-0363)."""

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_twisted
import treq
from fixtures.server import ServerProcess
from real.people import PASSWORD
from twisted.internet import reactor
from twisted.internet.threads import deferToThread

from ccm import namespaces as ns
from ccm.testing.clients import sign_in

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

DATA = os.urandom(3_000_000)


async def place(server: ServerProcess) -> str:
    """Ann asks for a place for the file."""
    client = await sign_in(
        reactor, "tcp", port=server.c2s, domain="localhost", name="ann", password=PASSWORD, resource="main"
    )
    asked = f"<request xmlns='{ns.UPLOAD}' filename='film.mp4' size='{len(DATA)}' content-type='video/mp4'/>"
    client.send(f"<iq type='get' id='u1' to='upload.localhost'>{asked}</iq>")
    answer = await client.receive()
    await client.sign_out()
    assert answer is not None and answer["type"] == "result", answer and answer.toXml()
    url: str = next(next(answer.elements()).elements())["url"]
    assert url.startswith(f"{server.url}upload/") and url.endswith("/film.mp4")
    return url


def put_half(server: ServerProcess, url: str) -> None:
    """Send half of it, and see the server killed once that is on its disk."""
    with socket.create_connection(("127.0.0.1", server.http)) as client:
        head = f"PUT {urlsplit(url).path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(DATA)}\r\n\r\n"
        client.sendall(head.encode() + DATA[: len(DATA) // 2])
        while not any(path.stat().st_size for path in files(server)):
            time.sleep(0.01)
        server.kill()


def files(server: ServerProcess) -> list[Path]:
    """What is in the folder of files."""
    return [path for path in (server.state / "uploads").rglob("*") if path.is_file()]


@pytest_twisted.ensureDeferred
async def test_a_file_is_there_once_it_was_answered_and_never_half(
    server_processes: Callable[..., ServerProcess],
) -> None:
    server = server_processes()
    await server.add_accounts(PASSWORD, "ann")
    await deferToThread(server.start)
    url = await place(server)
    await deferToThread(put_half, server, url)
    await deferToThread(server.start)
    assert files(server) == []
    assert (await treq.get(url, persistent=False)).code == 404
    answer = await treq.put(url, DATA, headers={"Content-Type": "video/mp4"}, persistent=False)
    assert answer.code == 201
    await deferToThread(server.kill)
    await deferToThread(server.start)
    found = await treq.get(url, persistent=False)
    assert (found.code, await found.content()) == (200, DATA)
    again = await treq.put(url, DATA, headers={"Content-Type": "video/mp4"}, persistent=False)
    assert again.code == 404
