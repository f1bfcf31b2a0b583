"""Files that are put over HTTP: what is taken, what is refused, and that the disk sets the pace."""

from datetime import timedelta
from typing import Any

import pytest
from http_wires import Page, Wire, one, request, responses
from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.python.failure import Failure
from twisted.web.server import NOT_DONE_YET

from ccm.errors import StoreUnavailable
from ccm.records import Upload, UploadLimits
from ccm.testing.fakes import Hands, result_of
from ccm.testing.memory_uploads import MemoryUploads
from ccm.transports.http import FrontFactory
from ccm.transports.http_front import Front
from ccm.transports.http_options import HttpOptions
from ccm.transports.http_put import HELD_BYTES, PutGate
from ccm.transports.http_site import QuietSite

ID = "abcdefghijklmnopqrstuvwxyz-_0123"
PATH = f"/upload/{ID}/cat.png".encode()


class SlowFile:
    """A file whose disk takes bytes when the test says so."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.waiting: Deferred[None] | None = None
        self.ended = ""

    def write(self, data: bytes) -> "Deferred[None]":
        assert self.waiting is None, "one write at a time"
        self.taken.append(data)
        self.waiting = Deferred()
        return self.waiting

    def go_on(self, error: Exception | None = None) -> None:
        waiting, self.waiting = self.waiting, None
        assert waiting is not None
        waiting.callback(None) if error is None else waiting.errback(error)

    async def keep(self) -> bool:
        self.ended = "kept"
        return True

    async def drop(self) -> None:
        self.ended = "dropped"


class SlowUploads(MemoryUploads):
    """Has one file on a slow disk."""

    def __init__(self, now: Any) -> None:
        super().__init__(now)
        self.file = SlowFile()

    async def open(self, upload: Upload) -> Any:
        return self.file


class Place:
    def __init__(self, size: int = 10, media_type: str = "image/png", uploads: Any = None, **options: Any) -> None:
        self.clock = Clock()
        self.clock.advance(1_000)
        self.hands = Hands()
        self.uploads = (uploads or MemoryUploads)(self.hands.now)
        self.page = Page()
        self.factory = FrontFactory(
            self.clock,
            HttpOptions(**options),
            QuietSite(self.page, self.clock),
            files=PutGate(self.uploads, 4096),
        )
        now = self.hands.datetime()
        upload = Upload(ID, "a@b", "cat.png", media_type, size, now, now + timedelta(minutes=5), None)
        result_of(self.uploads.offer(upload, UploadLimits()))

    def connect(self) -> tuple[Front, Wire]:
        wire = Wire(peerAddress=IPv4Address("TCP", "192.0.2.1", 4321))
        front = self.factory.buildProtocol(None)
        front.makeConnection(wire)
        return front, wire

    def say(self, front: Front, data: bytes) -> None:
        front.dataReceived(data)
        self.clock.advance(0)
        self.clock.advance(0)

    def put(self, body: bytes, *fields: bytes, path: bytes = PATH, length: int | None = None) -> tuple[Front, Wire]:
        front, wire = self.connect()
        fields = fields or (b"Content-Type: image/png",)
        self.say(front, head(len(body) if length is None else length, *fields, path=path) + body)
        return front, wire


def head(length: int, *fields: bytes, path: bytes = PATH) -> bytes:
    return request(b"", b"Content-Length: %d" % length, *fields, method=b"PUT", path=path)


def test_a_file_is_put_once_and_the_connection_goes_on() -> None:
    place = Place()
    front, wire = place.put(b"0123456789")
    status, fields, body = one(wire)
    assert (status, body) == (201, b"") and fields[b"access-control-allow-origin"] == b"*"
    assert place.uploads.bytes_of == {ID: b"0123456789"}
    assert not wire.disconnecting
    place.say(front, request(b"", method=b"GET", path=b"/x"))
    assert one(wire)[2] == b"page /x"
    place.say(front, head(10) + b"9876543210")
    assert one(wire)[0] == 404
    assert place.uploads.bytes_of == {ID: b"0123456789"}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_the_bytes_may_come_in_any_portions_and_the_next_request_behind_them(size: int) -> None:
    place = Place()
    front, wire = place.connect()
    data = head(10, b"Content-Type: image/png") + b"0123456789" + request(b"", method=b"GET", path=b"/next")
    for start in range(0, len(data), size):
        place.say(front, data[start : start + size])
    assert [answer[0] for answer in responses(wire)] == [201, 200]
    assert place.uploads.bytes_of == {ID: b"0123456789"} and place.page.seen == [b"/next"]


@pytest.mark.parametrize(
    ("status", "length", "fields", "path"),
    [
        (413, 11, (), PATH),
        (413, 10**14, (), PATH),
        (400, 9, (), PATH),
        (400, 0, (), PATH),
        (415, 10, (b"Content-Type: text/html",), PATH),
        (415, 10, (b"Content-Type: image/png2",), PATH),
        (415, 10, (b"Content-Type: \xff",), PATH),
        (400, 10, (b"Content-Encoding: gzip",), PATH),
        (400, 10, (b"Content-Range: bytes 0-9/20",), PATH),
        (404, 10, (), b"/upload/" + b"x" * 32 + b"/cat.png"),
        (404, 10, (), b"/upload/cat.png"),
        (404, 10, (), b"/upload/"),
        (404, 10, (), b"/upload/../../etc/passwd"),
        (404, 10, (), f"/upload/{ID}".encode()),
        (404, 10, (), f"/upload/{ID}/a/b".encode()),
        (404, 10, (), b"/upload/%2e%2e%2f%2e%2e%2fetc%2fpasswd/x"),
    ],
)
def test_what_is_not_for_the_place_is_refused(status: int, length: int, fields: tuple[bytes, ...], path: bytes) -> None:
    place = Place()
    _, wire = place.put(b"", *fields, path=path, length=length)
    found, told, text = one(wire)
    assert found == status and text.endswith(b".\n") and told[b"access-control-allow-origin"] == b"*"
    assert not place.uploads.bytes_of and result_of(place.uploads.place(ID)) is not None


@pytest.mark.parametrize("given", [b"image/png", b"IMAGE/PNG", b"image/png; charset=binary"])
def test_the_type_may_be_written_in_any_way(given: bytes) -> None:
    place = Place()
    assert one(place.put(b"0123456789", b"Content-Type: " + given)[1])[0] == 201


def test_nobody_has_to_say_the_type() -> None:
    assert one(Place().put(b"0123456789", b"X-Nothing: 1")[1])[0] == 201
    assert one(Place(media_type="").put(b"0123456789", b"Content-Type: text/plain")[1])[0] == 201


def test_a_place_ends() -> None:
    place = Place()
    place.hands.advance(301)
    assert one(place.put(b"0123456789")[1])[0] == 404


def test_a_length_that_is_not_told_is_refused_and_the_client_heard_to_the_end() -> None:
    place = Place()
    front, wire = place.connect()
    place.say(front, request(b"", b"Transfer-Encoding: chunked", method=b"PUT", path=PATH))
    status, fields, _ = one(wire)
    assert status == 411 and fields[b"connection"] == b"close"
    assert not wire.disconnecting  # or the client, which is sending, might not read the answer
    place.say(front, b"a\r\n0123456789\r\n0\r\n\r\n" * 100)
    assert not responses(wire) and not place.uploads.bytes_of
    place.clock.advance(40)
    assert wire.aborted


def test_a_refused_client_may_finish_what_it_sends_and_nothing_of_it_is_a_request() -> None:
    place = Place()
    front, wire = place.put(b"", length=11)
    assert one(wire)[0] == 413
    place.say(front, b"0123456789A" + request(b"", method=b"GET", path=b"/x"))
    assert not responses(wire) and place.page.seen == []


def test_a_client_that_asks_first_is_told_to_go_on_or_why_not() -> None:
    place = Place()
    front, wire = place.put(b"", b"Expect: 100-continue", length=10)
    assert wire.value() == b"HTTP/1.1 100 Continue\r\n\r\n"
    wire.clear()
    place.say(front, b"0123456789")
    assert one(wire)[0] == 201
    assert one(place.put(b"", b"Expect: 100-continue", length=10)[1])[0] == 404


def test_other_bodies_are_held_to_their_limit_as_before() -> None:
    place = Place(size=1_000_000)
    for method, path in ((b"PUT", b"/uploads/x"), (b"PUT", b"/x"), (b"POST", PATH), (b"GET", PATH)):
        front, wire = place.connect()
        place.say(front, b"%b %b HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" % (method, path))
        assert one(wire)[0] == 413, (method, path)
    front, wire = place.connect()
    assert front is not None
    place.say(front, head(1_000_000, b"Content-Type: image/png"))
    assert not wire.value() and not wire.disconnecting


def test_reading_pauses_while_the_disk_is_slow() -> None:
    place = Place(size=4 * HELD_BYTES, uploads=SlowUploads)
    file = place.uploads.file
    front, wire = place.put(b"", length=4 * HELD_BYTES)
    chunk = b"x" * 65_536
    place.say(front, chunk)
    assert file.taken == [chunk]
    sent = len(chunk)
    while wire.producerState == "producing":
        place.say(front, chunk)
        sent += len(chunk)
    assert sent <= len(chunk) + HELD_BYTES + len(chunk)
    file.go_on()
    assert wire.producerState == "producing" and sum(map(len, file.taken)) == sent
    while sent < 4 * HELD_BYTES:
        while sent < 4 * HELD_BYTES and wire.producerState == "producing":
            place.say(front, chunk)
            sent += len(chunk)
        file.go_on()
    while file.waiting is not None:
        file.go_on()
    assert sum(map(len, file.taken)) == 4 * HELD_BYTES and file.ended == "kept"
    assert one(wire)[0] == 201 and wire.producerState == "producing"


def test_a_connection_that_breaks_leaves_nothing() -> None:
    place = Place(uploads=SlowUploads)
    file = place.uploads.file
    front, wire = place.put(b"01234", length=10)
    front.connectionLost(Failure(ConnectionLost()))
    assert file.ended == ""  # not while the disk is at it
    file.go_on()
    assert file.ended == "dropped" and not wire.value()


def test_a_disk_that_fails_is_told_as_a_thing_to_try_again() -> None:
    place = Place(uploads=SlowUploads)
    file = place.uploads.file
    _, wire = place.put(b"01234", length=10)
    file.go_on(StoreUnavailable("full"))
    status, fields, _ = one(wire)
    assert status == 503 and fields[b"retry-after"] == b"60" and file.ended == "dropped"


def test_a_slow_client_has_time_for_its_size_and_no_more() -> None:
    place = Place(size=409_600)
    front, wire = place.put(b"x" * 1000, length=409_600)
    place.clock.pump([1.0] * 125)
    assert not wire.value()
    place.clock.pump([1.0] * 10)
    assert one(wire)[0] == 408 and wire.disconnecting
    front.connectionLost(Failure(ConnectionLost()))
    assert result_of(place.uploads.place(ID)) is not None and not place.uploads.bytes_of


class Long(Page):
    """Answers for as long as the test likes."""

    def render_GET(self, request: Any) -> Any:
        self.asked = request
        return NOT_DONE_YET


def test_a_long_answer_goes_on_while_its_client_reads_and_is_cut_when_it_does_not() -> None:
    place = Place(answer_seconds=100)
    page = Long()
    place.factory.site.resource = page
    front, wire = place.connect()
    place.say(front, request(b"", method=b"GET", path=b"/upload/x/film.mp4"))
    for _ in range(5):
        page.asked.write(b"x" * 1_048_576)
        place.clock.pump([1.0] * 103)
        assert not wire.aborted
    page.asked.write(b"x" * 1000)
    place.clock.pump([1.0] * 103)
    assert wire.aborted
