"""
Requests that leave this server, over treq, within bounds.

Only http(s) to hosts that the operator named and addresses that were checked (:mod:`ccm.publish.addresses`), no
redirect followed, no cookies, a time limit for the whole exchange and a limit on the answer's size. Leaves out
retrying: that is the outbox's.
"""

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

import treq.client
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.error import ConnectError, ConnectionClosed, DNSLookupError
from twisted.internet.error import TimeoutError as ConnectTimeout
from twisted.internet.interfaces import IHostnameResolver, IReactorTime
from twisted.internet.protocol import Protocol
from twisted.python.failure import Failure
from twisted.web.client import (
    Agent,
    HTTPConnectionPool,
    RequestTransmissionFailed,
    ResponseDone,
    ResponseFailed,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent

from ccm.errors import Rejected, Unavailable
from ccm.publish.addresses import PinnedEndpoints

USER_AGENT = "CCM"
SECONDS = 5.0
MAX_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What came back.

    :ivar headers: names in lower case; of several values the last.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str

    def json(self) -> Any:
        """The body as JSON. :raises Unavailable: if it is none: a 2xx with another body is a failure."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            start = self.body[:80].decode("utf-8", "replace").strip() or "an empty body"
            text = f"{urlsplit(self.url).netloc} answered {self.status} without JSON: {start}"
            raise Unavailable(text, ambiguous=True) from error


class Refusal(Rejected):
    """The target answered that it will not. :ivar answer: what it said."""

    def __init__(self, text: str, answer: Answer) -> None:
        super().__init__(text)
        self.answer = answer


class Egress:
    """
    The way out to one target.

    :param base: URL of the target; requests go to its scheme, host and port only.
    :param seconds: limit of one whole exchange.
    :param max_bytes: limit of an answer's body.
    :param private: the host may be this machine or on a private network; an address written in *base* always may.
    :param section: of the configuration where that is said, for messages.
    :param agent: what sends, instead of one that connects for each request.
    :param resolver: of names, instead of the reactor's.
    """

    def __init__(
        self,
        reactor: Any,
        base: str,
        *,
        seconds: float = SECONDS,
        max_bytes: int = MAX_BYTES,
        private: bool = False,
        section: str = "",
        agent: IAgent | None = None,
        resolver: IHostnameResolver | None = None,
    ) -> None:
        self._clock: IReactorTime = reactor
        self._origin = urlsplit(base)[:2]
        self._seconds = seconds
        self._max_bytes = max_bytes
        if agent is None:
            remedy = f"set {section}.private = true" if section else "it must be allowed"
            endpoints = PinnedEndpoints(reactor, seconds=seconds, private=private, remedy=remedy, resolver=resolver)
            agent = Agent.usingEndpointFactory(reactor, endpoints, HTTPConnectionPool(reactor, persistent=False))
        self._client = treq.client.HTTPClient(agent)

    async def request(self, method: str, url: str, **arguments: Any) -> Answer:
        """
        One exchange; *arguments* are treq's.

        :raises Rejected: if *url* leaves the target; as a :class:`Refusal`, if the answer is a redirect, or a 4xx other
            than 408, 425 and 429.
        :raises Unavailable: if nobody answers in time, or with a 5xx; *ambiguous* when the request may have been done.
        """
        if urlsplit(url)[:2] != self._origin:
            raise Rejected(f"{url} is outside the configured target.")
        headers = {"User-Agent": USER_AGENT, **arguments.pop("headers", {})}
        exchange = Deferred.fromCoroutine(self._exchange(method, url, headers, arguments))
        exchange.addTimeout(self._seconds, self._clock)
        began = self._clock.seconds()
        host = self._origin[1]
        try:
            answer = await exchange
        except (DNSLookupError, ConnectError, ConnectTimeout) as error:
            raise Unavailable(f"{host} cannot be reached: {error}") from error
        except (CancelledError, DeferredTimeout) as error:
            raise Unavailable(f"{host} did not answer within {self._seconds:g} s.", ambiguous=True) from error
        except (ConnectionClosed, ResponseFailed, RequestTransmissionFailed) as error:
            late = self._clock.seconds() - began >= self._seconds
            what = (
                f"did not answer within {self._seconds:g} s" if late else f"broke the connection off: {_cause(error)}"
            )
            raise Unavailable(f"{host} {what}.", ambiguous=True) from error
        self._judge(answer)
        return answer

    async def _exchange(self, method: str, url: str, headers: dict[str, str], arguments: dict[str, Any]) -> Answer:
        fields = Headers({name: [value] for name, value in headers.items()})
        response: Any = await self._client.request(
            method, url, headers=fields, allow_redirects=False, unbuffered=True, **arguments
        )
        body = _Body(self._max_bytes)
        response.deliverBody(body)
        content = await body.whole
        if content is None:
            raise Unavailable(f"{self._origin[1]} answered with more than {self._max_bytes} bytes.", ambiguous=True)
        names = {
            name.decode().lower(): values[-1].decode("latin-1")
            for name, values in response.headers.getAllRawHeaders()
            if values
        }
        return Answer(response.code, names, content, url)

    def _judge(self, answer: Answer) -> None:
        host, status = self._origin[1], answer.status
        if 200 <= status < 300:
            return
        if status < 400:
            there = urljoin(answer.url, answer.headers.get("location", ""))
            raise Refusal(f"{host} answered {status} and points to {there}: configure that address.", answer)
        text = f"{host} answered {status}: {_reason(answer)}"
        if status >= 500 or status in (408, 425, 429):
            raise Unavailable(text, retry_after=_retry_after(answer, self._clock), ambiguous=status >= 500)
        raise Refusal(text, answer)


class _Body(Protocol):
    """
    Gathers a body, and hangs up when it is too long.

    :ivar whole: fires with the bytes, or with ``None`` if there were too many.
    """

    def __init__(self, max_bytes: int) -> None:
        self._parts: list[bytes] = []
        self._left = max_bytes
        self.whole: Deferred[bytes | None] = Deferred(lambda _: self._hang_up())

    def dataReceived(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left >= 0:
            self._parts.append(data)
        elif not self.whole.called:
            self.whole.callback(None)
            self._hang_up()

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        if self.whole.called:
            return
        if reason.check(ResponseDone, PotentialDataLoss):
            self.whole.callback(b"".join(self._parts))
        else:
            self.whole.errback(reason)

    def _hang_up(self) -> None:
        if self.transport is not None:
            self.transport.loseConnection()


def _cause(error: Exception) -> str:
    reasons = getattr(error, "reasons", None)
    return str(reasons[0].getErrorMessage() if reasons else error) or "no explanation"


def _reason(answer: Answer) -> str:
    try:
        value = json.loads(answer.body)
        if isinstance(value, dict) and isinstance(value.get("message"), str):
            return str(value["message"])[:200]
    except ValueError:
        pass
    return answer.body[:120].decode("utf-8", "replace").strip() or "no explanation"


def _retry_after(answer: Answer, clock: IReactorTime) -> float | None:
    value = answer.headers.get("retry-after", "")
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - clock.seconds())
    except (TypeError, ValueError, OverflowError):
        return None
