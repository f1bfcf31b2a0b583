"""
Mail that comes back: an SMTP (RFC 5321) and LMTP (RFC 2033) listener for ``bounces+<token>@`` and ``rsvp+<token>@``.

The site's mail server forwards these two addresses here, on the loopback. A mail is answered 250 once what it says is
in the outbox, from where the invitations component takes it; while nothing can be kept it is answered 451 and sent
again. Other addresses and unknown tokens are refused at once. Leaves out TLS and sign-in: nobody else may connect.
"""

import email
import hashlib
import json
import re
from collections.abc import Callable
from email.message import Message
from email.policy import compat32
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.interfaces import IReactorTime
from twisted.internet.protocol import ServerFactory
from twisted.logger import Logger
from twisted.mail.interfaces import IMessageSMTP
from twisted.mail.smtp import ESMTP, SMTPServerError
from twisted.python.failure import Failure
from zope.interface import implementer

from ccm.errors import StoreUnavailable
from ccm.interfaces import IOutbox, ISessionState, ITopics
from ccm.records import Invitee
from ccm.web import dsn, replies
from ccm.web.mail import MailOptions

log = Logger()

_ADDRESS = re.compile(r"(bounces|rsvp)\+([a-z0-9]{16,64})")
_RECIPIENTS = 20
_PARTS = re.compile(rb"multipart/|message/|boundary", re.IGNORECASE)
_MOST_PARTS = 24  # a mail of more, one in another, takes the parser seconds; a report has seven such words
_TEMPORARY = 451
#: Kind of the outbox jobs, and the channel of the bus that says that there are some.
ARRIVED = "arrived"
CHANNEL = "mail-arrived"


class Intake:
    """What is done with a mail, apart from how it came."""

    def __init__(self, topics: ITopics, outbox: IOutbox, state: ISessionState) -> None:
        self._topics = topics
        self._outbox = outbox
        self._state = state

    async def find(self, local: str) -> tuple[str, Invitee] | None:
        """The purpose and the invitee of an address' local part; ``None`` if it is none of ours."""
        found = _ADDRESS.fullmatch(local.lower())
        invitee = await self._topics.invitee_by_mail_token(found[2]) if found else None
        return (found[1], invitee) if found and invitee else None

    async def take(self, purpose: str, invitee: Invitee, raw: bytes) -> None:
        """Keep what a mail says. :raises StoreUnavailable: if it cannot be kept."""
        if sum(1 for _ in _PARTS.finditer(raw)) > _MOST_PARTS:
            log.info("A mail to {purpose} has too many parts to be an answer; it is left.", purpose=purpose)
            return
        message: Message = email.message_from_bytes(raw, policy=compat32)
        facts = _report(message) if purpose == "bounces" else replies.read(message, invitee.address)
        if facts is None:
            log.info("A mail to {purpose} said nothing that concerns an invitation.", purpose=purpose)
            return
        await keep(self._outbox, self._state, {**facts, "token": invitee.mail_token}, _identity(message, raw))


async def keep(outbox: IOutbox, state: ISessionState, facts: dict[str, str], identity: str) -> None:
    """Hand facts to the invitations component, once for each *identity*."""
    name = hashlib.sha256(f"{facts['token']} {facts['kind']} {identity}".encode()).hexdigest()[:40]
    await outbox.add([(ARRIVED, f"{ARRIVED}:{name}", json.dumps(facts))])
    await state.publish(CHANNEL, b"{}")


def _report(message: Message) -> dict[str, str] | None:
    report = dsn.read(message)
    if report is None:
        return None
    kind = "bounce" if report.action == "failed" else "delay"
    return {"kind": kind, "said": f"{report.status} {report.said}".strip()}


def _identity(message: Message, raw: bytes) -> str:
    """What names a mail that is delivered twice."""
    return str(message.get("Message-ID", "")).strip() or hashlib.sha256(raw).hexdigest()


@implementer(IMessageSMTP)
class _Lines:
    """One mail to one recipient, as it comes in."""

    def __init__(self, take: Callable[[bytes], "Deferred[None]"], most: int) -> None:
        self._take = take
        self._left = most
        self._lines: list[bytes] = []

    def lineReceived(self, line: bytes) -> None:
        self._left -= len(line) + 2
        if self._left >= 0:
            self._lines.append(line)
        else:
            self._lines.clear()

    def eomReceived(self) -> "Deferred[None]":
        if self._left < 0:
            return fail(SMTPServerError(552, "5.3.4 That is too big for an answer"))
        return self._take(b"\r\n".join(self._lines) + b"\r\n")

    def connectionLost(self) -> None:
        self._lines.clear()


class IntakeProtocol(ESMTP):
    """One connection of the site's mail server; one that says LHLO gets an answer for each recipient."""

    noisy = False

    def __init__(self, intake: Intake, options: MailOptions, clock: IReactorTime, gone: Callable[[], None]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._gone = gone
        self.timeout = options.intake_seconds
        self.callLater = clock.callLater  # type: ignore[method-assign,assignment]
        self._intake = intake
        self._most = options.intake_bytes
        self._each = False

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        self._gone()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def greeting(self) -> bytes:
        return b"CCM takes answers and delivery reports"

    def extensions(self) -> dict[bytes, Any]:
        return {b"8BITMIME": None, b"ENHANCEDSTATUSCODES": None, b"SIZE": [b"%d" % self._most]}

    def do_LHLO(self, rest: bytes) -> None:
        """The greeting of LMTP."""
        self._each = True
        self.do_EHLO(rest)  # type: ignore[no-untyped-call]

    def lookupMethod(self, command: Any) -> Any:
        try:
            return super().lookupMethod(command)  # type: ignore[no-untyped-call]
        except UnicodeError:
            return None

    def validateFrom(self, _helo: Any, origin: Any) -> Any:
        return origin

    def validateTo(self, user: Any) -> "Deferred[Callable[[], _Lines]]":
        return Deferred.fromCoroutine(self._recipient(user))

    def receivedHeader(self, *_: Any) -> bytes:
        return b""

    async def _recipient(self, user: Any) -> Callable[[], _Lines]:
        if len(self._to) >= _RECIPIENTS:
            raise SMTPServerError(452, "4.5.3 Too many recipients at once")
        try:
            found = await self._intake.find(user.dest.local.decode("ascii", "replace"))
        except StoreUnavailable as error:
            raise SMTPServerError(_TEMPORARY, "4.3.0 Try again later") from error
        if found is None:
            raise SMTPServerError(550, "5.1.1 Nobody is invited by that address")
        purpose, invitee = found
        return lambda: _Lines(lambda raw: Deferred.fromCoroutine(self._intake.take(purpose, invitee, raw)), self._most)

    def _messageHandled(self, results: Any) -> None:
        codes = [_answer(result) for _, result in results] if isinstance(results, list) else []
        if not self._each:
            codes = [max(codes, default=(250, b"2.0.0 Taken"))]
        for code, text in codes:
            self.sendCode(code, text)  # type: ignore[no-untyped-call]


def _answer(result: Any) -> tuple[int, bytes]:
    if not isinstance(result, Failure):
        return 250, b"2.0.0 Taken"
    error = result.value
    if isinstance(error, SMTPServerError):
        return int(error.code), str(error.resp).encode("ascii", "replace")
    if result.check(StoreUnavailable):
        return _TEMPORARY, b"4.3.0 Nothing can be kept at the moment"
    log.failure("A mail could not be taken in.", result)
    return _TEMPORARY, b"4.3.0 That failed on this side"


class IntakeFactory(ServerFactory):
    """
    Takes the connections of the site's mail server, so many at once.

    :param clock: for time limits.
    """

    noisy = False

    def __init__(self, intake: Intake, options: MailOptions, clock: IReactorTime) -> None:
        self._intake = intake
        self._options = options
        self._clock = clock
        self._open = 0

    def buildProtocol(self, _addr: Any) -> IntakeProtocol | None:
        if self._open >= self._options.intake_connections:
            return None
        self._open += 1
        protocol = IntakeProtocol(self._intake, self._options, self._clock, self._gone)
        protocol.factory = self
        return protocol

    def _gone(self) -> None:
        self._open -= 1
