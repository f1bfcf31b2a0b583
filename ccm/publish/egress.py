"""
Requests that leave this server, over treq, within bounds.

Only http(s) to hosts that the operator named, no redirect to another host (none is followed at all), no cookies, a time
limit for the whole exchange and a limit on the answer's size. Leaves out retrying: that is the outbox's.
"""

import json
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import treq.client
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.defer import TimeoutError as DeferredTimeout
from twisted.internet.error import ConnectError, DNSLookupError
from twisted.internet.interfaces import IReactorTime
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed, ResponseNeverReceived

from ccm.errors import Rejected, Unavailable

USER_AGENT = "CCM"


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


class Egress:
    """
    The way out to one target.

    :param base: URL of the target; requests go to its scheme, host and port only.
    :param seconds: limit of one whole exchange.
    :param max_bytes: limit of an answer's body.
    """

    def __init__(self, reactor: Any, base: str, *, seconds: float = 20.0, max_bytes: int = 1_048_576) -> None:
        self._clock: IReactorTime = reactor
        self._origin = urlsplit(base)[:2]
        self._seconds = seconds
        self._max_bytes = max_bytes
        self._pool = HTTPConnectionPool(reactor, persistent=False)
        self._client = treq.client.HTTPClient(Agent(reactor, connectTimeout=seconds, pool=self._pool))

    async def request(self, method: str, url: str, **arguments: Any) -> Answer:
        """
        One exchange; *arguments* are treq's.

        :raises Rejected: if *url* leaves the target, or the answer is a 4xx other than 408, 425 and 429.
        :raises Unavailable: if nobody answers in time, or with a 5xx; *ambiguous* when the request may have been done.
        """
        if urlsplit(url)[:2] != self._origin:
            raise Rejected(f"{url} is outside the configured target.")
        headers = {"User-Agent": USER_AGENT, **arguments.pop("headers", {})}
        exchange = Deferred.fromCoroutine(self._exchange(method, url, headers, arguments))
        exchange.addTimeout(self._seconds, self._clock)
        host = self._origin[1]
        try:
            answer = await exchange
        except (DNSLookupError, ConnectError) as error:
            raise Unavailable(f"{host} cannot be reached: {error}") from error
        except (CancelledError, DeferredTimeout) as error:
            raise Unavailable(f"{host} did not answer within {self._seconds:g} s.", ambiguous=True) from error
        except (ResponseFailed, ResponseNeverReceived) as error:
            raise Unavailable(f"{host} broke the connection off.", ambiguous=True) from error
        self._judge(answer)
        return answer

    async def _exchange(self, method: str, url: str, headers: dict[str, str], arguments: dict[str, Any]) -> Answer:
        response = await self._client.request(
            method, url, headers=headers, allow_redirects=False, unbuffered=True, **arguments
        )
        parts: list[bytes] = []
        size = 0

        def collect(part: bytes) -> None:
            nonlocal size
            size += len(part)
            if size <= self._max_bytes:
                parts.append(part)

        await treq.collect(response, collect)
        if size > self._max_bytes:
            raise Unavailable(f"{self._origin[1]} answered with more than {self._max_bytes} bytes.", ambiguous=True)
        names = {
            name.decode().lower(): values[-1].decode("latin-1")
            for name, values in response.headers.getAllRawHeaders()
            if values
        }
        return Answer(response.code, names, b"".join(parts), url)

    def _judge(self, answer: Answer) -> None:
        host, status = self._origin[1], answer.status
        if status < 400:
            return
        text = f"{host} answered {status}: {_reason(answer)}"
        if status >= 500 or status in (408, 425, 429):
            raise Unavailable(text, retry_after=_retry_after(answer, self._clock), ambiguous=status >= 500)
        rejected = Rejected(text)
        rejected.answer = answer  # type: ignore[attr-defined]
        raise rejected


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
    if value.isdigit():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - clock.seconds())
    except (TypeError, ValueError):
        return None
