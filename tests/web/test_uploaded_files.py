"""Files that people put here, over real HTTP: there and back, and what a browser may do with them."""

import os
import socket
import tracemalloc
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

import pytest_twisted
import treq
from twisted.internet import reactor
from twisted.internet.threads import deferToThread
from web_site import Seen, WebSite

from ccm.records import Upload, UploadLimits
from ccm.store.stores import Stores
from ccm.testing.moments import Moments
from ccm.transports.http import FrontFactory
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_put import PutGate
from ccm.transports.http_site import QuietSite

LARGE = 32 * 1_048_576
CHUNK = b"0123456789abcdef" * 4096


@dataclass
class Files:
    """The front with the pages behind it."""

    stores: Stores
    clock: Moments
    port: int
    count: int = 0

    async def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Seen:
        """A request; underscores stand for hyphens."""
        url = f"http://127.0.0.1:{self.port}{path}"
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = await treq.request(method, url, headers=fields, data=body, persistent=False)
        content = await answer.content()
        return Seen(answer.code, answer.headers, content.decode("utf-8", "replace"), content)

    async def place(self, name: str, media_type: str, size: int, days: float | None = 30) -> str:
        """The path of a place for a file."""
        self.count += 1
        id_, now = f"{self.count:032}", self.clock.moment()
        expires = None if days is None else now + timedelta(days=days)
        upload = Upload(id_, "ann@example.org", name, media_type, size, now, now + timedelta(minutes=5), expires)
        await self.stores.uploads.offer(upload, UploadLimits())
        return f"/upload/{id_}/{name}"

    async def put(self, name: str, media_type: str, body: bytes, days: float | None = 30) -> str:
        """The path of a file that is there."""
        path = await self.place(name, media_type, len(body), days)
        assert (await self.ask("PUT", path, body, Content_Type=media_type)).status == 201
        return path


@pytest_twisted.async_yield_fixture
async def files(site: WebSite, sqlite_stores: Stores, clock: Moments) -> AsyncIterator[Files]:
    pages = QuietSite(site._port.factory.resource, reactor)
    gate = PutGate(sqlite_stores.uploads, 4096)
    front = FrontFactory(reactor, HttpOptions(idle_seconds=2), pages, files=gate)  # type: ignore[arg-type]
    port = reactor.listenTCP(0, front, interface="127.0.0.1")  # type: ignore[attr-defined]
    await sqlite_stores.uploads.start()
    yield Files(sqlite_stores, clock, port.getHost().port)
    await port.stopListening()


@pytest_twisted.ensureDeferred
async def test_a_file_comes_back_as_it_was_put(files: Files) -> None:
    path = await files.put("cat.png", "image/png", b"\x89PNG picture")
    found = await files.ask("GET", path)
    assert (found.status, found.body) == (200, b"\x89PNG picture")
    assert found.header("Content-Type") == "image/png"
    assert found.header("Accept-Ranges") == "bytes"
    head = await files.ask("HEAD", path)
    assert (head.status, head.body, head.header("Content-Type")) == (200, b"", "image/png")
    assert head.header("Content-Security-Policy") == found.header("Content-Security-Policy")


@pytest_twisted.ensureDeferred
async def test_what_is_not_there_is_a_page_that_says_so(files: Files) -> None:
    for path in ("/upload", "/upload/", f"/upload/{'x' * 32}/a", "/upload/a/b", "/upload/..%2f/x"):
        found = await files.ask("GET", path)
        assert found.status == 404 and "Not found" in found.text, path


@pytest_twisted.ensureDeferred
async def test_nothing_of_a_file_runs_here(files: Files) -> None:
    for name, media_type, served, way in (
        ("cat.png", "image/png", "image/png", "inline"),
        ("page.html", "text/html", "application/octet-stream", "attachment"),
        ("cat.svg", "image/svg+xml", "application/octet-stream", "attachment"),
        ("x.js", "text/javascript", "application/octet-stream", "attachment"),
        ("notes.txt", "text/plain", "text/plain; charset=utf-8", "attachment"),
        ("cat.png", "", "image/png", "inline"),
        ("x.js", "", "application/octet-stream", "attachment"),
    ):
        path = await files.put(name, media_type, b"<script>alert(1)</script>")
        found = await files.ask("GET", path)
        assert found.header("Content-Type") == served, (name, media_type)
        assert found.header("Content-Disposition") == f'{way}; filename="{name}"'
        assert found.header("Content-Security-Policy") == "default-src 'none'; frame-ancestors 'none'; sandbox"
        assert found.header("X-Content-Type-Options") == "nosniff"
        assert not found.headers.hasHeader("Set-Cookie")


@pytest_twisted.ensureDeferred
async def test_the_name_is_the_stored_one_whatever_the_address_says(files: Files) -> None:
    path = await files.put("très cool.txt", "text/plain", b"x")
    found = await files.ask("GET", path.rpartition("/")[0] + "/harmless.png")
    told = "attachment; filename=\"tr_s cool.txt\"; filename*=UTF-8''tr%C3%A8s%20cool.txt"
    assert found.header("Content-Disposition") == told and found.header("Content-Type").startswith("text/plain")


@pytest_twisted.ensureDeferred
async def test_one_part_can_be_asked_for(files: Files) -> None:
    path = await files.put("a.bin", "application/octet-stream", b"0123456789")
    for asked, status, body in (
        ("bytes=2-4", 206, b"234"),
        ("bytes=7-", 206, b"789"),
        ("bytes=-2", 206, b"89"),
        ("bytes=20-", 416, None),
        ("bytes=0-1,3-4", 200, b"0123456789"),
        ("bytes=0-,0-,0-", 200, b"0123456789"),
        ("bytes=x", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=\u00e9-", 200, b"0123456789"),
    ):
        found = await files.ask("GET", path, Range=asked)
        assert found.status == status and (body is None or found.body == body), asked


@pytest_twisted.ensureDeferred
async def test_who_has_it_already_is_told_so_and_nobody_keeps_it_beyond_its_time(files: Files) -> None:
    path = await files.put("a.png", "image/png", b"0123456789", days=0.5)
    found = await files.ask("GET", path)
    assert found.header("Cache-Control") == "private, max-age=43200, immutable"
    again = await files.ask("GET", path, If_None_Match=found.header("ETag"))
    assert (again.status, again.body) == (304, b"")
    files.clock.advance(43_201)
    assert (await files.ask("GET", path, If_None_Match=found.header("ETag"))).status == 404
    for_good = await files.put("b.png", "image/png", b"x", days=None)
    assert (await files.ask("GET", for_good)).header("Cache-Control") == "private, max-age=86400, immutable"


@pytest_twisted.ensureDeferred
async def test_pages_of_other_hosts_may_put_and_read(files: Files) -> None:
    path = await files.place("a.png", "image/png", 10)
    asked = await files.ask(
        "OPTIONS", path, Origin="https://chat.example.net", Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers="content-type",
    )  # fmt: skip
    assert (asked.status, asked.header("Access-Control-Allow-Origin")) == (204, "*")
    assert "PUT" in asked.header("Access-Control-Allow-Methods")
    assert "Content-Type" in asked.header("Access-Control-Allow-Headers")
    assert not asked.headers.hasHeader("Access-Control-Allow-Credentials")
    put = await files.ask("PUT", path, b"0123456789", Origin="https://chat.example.net", Content_Type="image/png")
    assert (put.status, put.header("Access-Control-Allow-Origin")) == (201, "*")
    for found in (await files.ask("GET", path), await files.ask("GET", "/upload/x/y")):
        assert found.header("Access-Control-Allow-Origin") == "*"
    assert (await files.ask("GET", path)).header("Cross-Origin-Resource-Policy") == "cross-origin"


@pytest_twisted.ensureDeferred
async def test_a_file_that_went_from_the_disk_is_not_there(files: Files) -> None:
    path = await files.put("a.png", "image/png", b"x")
    stored = files.stores.uploads.path(path.split("/")[2])
    await deferToThread(os.unlink, stored)
    assert (await files.ask("GET", path)).status == 404


@pytest_twisted.ensureDeferred
async def test_a_large_file_is_never_whole_in_memory(files: Files) -> None:
    path = await files.place("film.mp4", "video/mp4", LARGE)
    tracemalloc.start()
    try:
        put = await deferToThread(_put, files.port, path)
        assert put.startswith(b"HTTP/1.1 201 ")
        found = await deferToThread(_get, files.port, path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == sha256(CHUNK * (LARGE // len(CHUNK))).hexdigest()
    assert peak < LARGE / 6


def _put(port: int, path: str) -> bytes:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"PUT {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGE}\r\n\r\n".encode())
        for _ in range(LARGE // len(CHUNK)):
            client.sendall(CHUNK)
        return client.recv(1000)


def _get(port: int, path: str) -> str:
    """The hash of the body that came."""
    digest, head = sha256(), b""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        digest.update(head.partition(b"\r\n\r\n")[2])
        while data := client.recv(65_536):
            digest.update(data)
    return digest.hexdigest()
