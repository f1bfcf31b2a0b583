"""
Files that are put over HTTP (XEP-0363 1.2.0 §7, §8): from the connection to the disk, never whole in memory.

The front (:mod:`ccm.transports.http_front`) hands the bytes of one request over as it does to a site; these have a
limit of their own, that of their place. What the disk has not taken yet is bounded: reading pauses meanwhile. A client
that is refused before it has sent everything is heard to the end, or it would never read why. Leaves out bodies whose
length is not told beforehand, and reading files back, which is a page's.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from ccm import media
from ccm.errors import StoreUnavailable
from ccm.interfaces import IUploadFile, IUploads
from ccm.records import Upload
from ccm.transports.http_head import BadHead, Head, tokens

log = Logger()

PREFIX = b"/upload/"
HELD_BYTES = 262_144  # received and not yet taken by the disk, above which reading pauses
_PATH = re.compile(rb"/upload/([A-Za-z0-9_-]{32})/[^/]+")
_ANYBODY = (b"Access-Control-Allow-Origin", b"*")
_GONE = "This is no place for a file, or it was used or has ended. Ask for another one."

Fields = Iterable[tuple[bytes, bytes]]


class _ClientGone(Exception):
    """The connection ended before the file did."""


class PutGate:
    """
    Which requests stream, and how long they may take.

    :param least_bytes_per_second: a file may come that slowly.
    """

    def __init__(self, uploads: IUploads, least_bytes_per_second: int) -> None:
        self._uploads = uploads
        self._least = max(1, least_bytes_per_second)

    def takes(self, head: Head) -> bool:
        """Whether a request puts a file."""
        return head.method == b"PUT" and head.path.startswith(PREFIX)

    def seconds(self, head: Head) -> float:
        """How long its body may take, beside what any body may."""
        return (head.length or 0) / self._least

    def take(
        self, head: Head, respond: Callable[..., bytes], throttle: Callable[[bool], None], done: Callable[[], None]
    ) -> "PutChannel":
        """
        What takes the request's body in.

        :param respond: ``(status, fields, body, close=…)`` makes an answer.
        :param throttle: reads no more for now, or again.
        :param done: called after the answer.
        """
        return PutChannel(self._uploads, head, respond, throttle, done)


class PutChannel:
    """One request, as the front sees a :class:`~ccm.transports.http_site.SiteChannel`."""

    def __init__(
        self,
        uploads: IUploads,
        head: Head,
        respond: Callable[..., bytes],
        throttle: Callable[[bool], None],
        done: Callable[[], None],
    ) -> None:
        self._uploads = uploads
        self._head = head
        self._respond, self._throttle, self._done = respond, throttle, done
        self._left = head.length
        self._pieces: list[bytes] = []
        self._held = 0
        self._wanted: Deferred[bytes] | None = None
        self._gone = self._answered = False
        self.persistent = True

    # ---- what the front calls

    @property
    def complete(self) -> bool:
        """Whether the whole request has been read, or no more of it matters."""
        return self._answered or self._left == 0

    def makeConnection(self, transport: Any) -> None:
        """Begin."""
        self._transport = transport
        Deferred.fromCoroutine(self._serve()).addErrback(self._failed)

    def dataReceived(self, data: bytes) -> None:
        """More of the file."""
        if self._answered or self._left is None:
            return
        self._left -= len(data)
        self._pieces.append(data)
        self._held += len(data)
        if self._held > HELD_BYTES:
            self._throttle(True)
        self._give()

    def connectionLost(self, _reason: Failure) -> None:
        """The client went, or was too slow."""
        self._gone = True
        self._give()

    def leave(self) -> None:
        """Nothing is held of the connection."""

    # ---- the file

    async def _serve(self) -> None:
        try:
            file = await self._begin()
            try:
                while data := await self._next():
                    await file.write(data)
            except BaseException:
                await file.drop()
                raise
            kept = await file.keep()
        except BadHead as refused:
            self._answer(refused.status, refused.text, refused.fields)
        except StoreUnavailable as error:
            log.warn("A file could not be kept: {why}", why=str(error))
            self._answer(503, "The file cannot be kept just now. Try again in a minute.", ((b"Retry-After", b"60"),))
        except _ClientGone:
            pass
        else:
            self._answer(201) if kept else self._answer(404, _GONE)

    async def _begin(self) -> IUploadFile:
        """:raises BadHead: if the file may not come."""
        if self._left is None:
            raise BadHead(411, "Say how long the file is: Content-Length.")
        found = _PATH.fullmatch(self._head.path)
        upload = await self._uploads.place(found[1].decode()) if found else None
        if upload is None:
            raise BadHead(404, _GONE)
        self._check(upload)
        file = await self._uploads.open(upload)
        if file is None:
            raise BadHead(404, _GONE)
        if self._head.minor and b"100-continue" in tokens(self._head.fields.get(b"expect", b"")) and not self._gone:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return file

    def _check(self, upload: Upload) -> None:
        """§7: "MUST reject the file upload if the Content-Length does not match the size of the slot request"."""
        length, fields = self._head.length, self._head.fields
        if length != upload.size:
            status = 413 if (length or 0) > upload.size else 400
            raise BadHead(status, f"The place is for {upload.size} bytes, not for {length}.")
        if b"content-encoding" in fields or b"content-range" in fields:
            raise BadHead(400, "A file is put whole and as it is.")
        given = fields.get(b"content-type", b"").decode("latin-1")
        if given and upload.media_type and media.essence(given) != upload.media_type:
            raise BadHead(415, f"The place is for {upload.media_type}.")

    def _next(self) -> "Deferred[bytes]":
        """What has come since; nothing once all has."""
        self._wanted = wanted = Deferred[bytes]()
        self._give()
        return wanted

    def _give(self) -> None:
        wanted = self._wanted
        if wanted is None:
            return
        if self._gone:
            self._wanted = None
            wanted.errback(_ClientGone())
            return
        if self._left:
            self._throttle(False)
        if self._pieces or not self._left:
            self._wanted, data = None, b"".join(self._pieces)
            self._pieces, self._held = [], 0
            wanted.callback(data)

    # ---- the answer

    def _answer(self, status: int, text: str = "", fields: Fields = ()) -> None:
        if self._gone:
            return
        self._answered = True
        self._pieces = []
        whole = self._left == 0
        self.persistent = whole and self._head.keep_alive
        about = (b"Content-Type", b"text/plain; charset=utf-8"), (b"Cache-Control", b"no-store"), _ANYBODY
        body = f"{text}\n".encode() if text else b""
        self._transport.write(self._respond(status, (*fields, *about), body, close=not self.persistent))
        if whole and not self.persistent:
            self._transport.loseConnection()
        self._throttle(False)
        self._done()

    def _failed(self, failure: Failure) -> None:
        log.failure("A file could not be taken in.", failure)
        self._answer(500, "The fault is on this side and has been noted. Try again later.")
