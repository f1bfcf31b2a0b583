"""
What was asked twice is done once.

When one of several processes of a component dies, the server asks another one what it left unanswered; a client that
lost its connection may ask again, too. Here the second of two equal requests gets the first one's answer: while that is
in work, and for a while afterwards out of the session state. What was done and not yet answered when a process died,
operations find by ``Request.key``. Leaves out requests of type get, which may be done as often as one likes.
"""

from base64 import b32encode
from collections.abc import Awaitable, Callable
from hashlib import sha256

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure
from twisted.words.xish.domish import Element

from ccm.components.context import Context
from ccm.errors import StoreUnavailable
from ccm.wire.stanza import parse_element

log = Logger()

KEPT_SECONDS = 120.0
_KEY_CHARACTERS = 26


def key_of(iq: Element, domain: str) -> str:
    """The same text for the same request, whichever process gets it: who asks whom, with which id, for what."""
    payload = iq.firstChildElement()
    parts = (domain, iq.getAttribute("from", ""), iq.getAttribute("id", ""), payload.toXml() if payload else "")
    return hashed("\0".join(parts))


def hashed(text: str) -> str:
    """A short text that stands for this one and no other."""
    return b32encode(sha256(text.encode()).digest()).decode().lower()[:_KEY_CHARACTERS]


class Once:
    """Answers of the last minutes, by the keys of their requests."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._running: dict[str, list[Deferred[Element | None]]] = {}

    async def do(
        self,
        key: str,
        work: Callable[[], Awaitable[Element | None]],
        again: Callable[[Element], None] = lambda _: None,
    ) -> Element | None:
        """
        The answer's payload: of this work, or of the same done before.

        :param again: called with an answer that was kept: what was said beside it may have been lost on its way.

        :raises StanzaError: what the work raises; it is not remembered.
        """
        if not self._context.repeats:
            return await work()
        waiting = self._running.get(key)
        if waiting is not None:
            answered: Deferred[Element | None] = Deferred()
            waiting.append(answered)
            return await answered
        self._running[key] = []
        try:
            answer = await self._do(key, work, again)
        except Exception:
            for each in self._running.pop(key):
                each.errback(Failure())
            raise
        for each in self._running.pop(key):
            each.callback(answer)
        return answer

    async def _do(
        self, key: str, work: Callable[[], Awaitable[Element | None]], again: Callable[[Element], None]
    ) -> Element | None:
        state, name = self._context.state, f"answered:{key}"
        try:
            known = await state.get(name)
        except StoreUnavailable:
            return await work()  # what it does twice then, it notices itself
        if known is not None:
            if not known:
                return None
            kept = parse_element(known)
            again(kept)
            return kept
        answer = await work()
        try:
            await state.set(name, answer.toXml().encode() if answer is not None else b"", KEPT_SECONDS)
        except StoreUnavailable as error:
            log.info("An answer was not kept: {why}", why=str(error))
        return answer
