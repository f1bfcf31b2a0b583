"""What a test client has received and nobody has taken yet."""

from typing import Any

from twisted.internet.defer import Deferred
from twisted.words.xish.domish import Element


class Inbox:
    """
    Elements in the order of their arrival; one taker at a time.

    :param reactor: for the time-out of a taker.
    """

    def __init__(self, reactor: Any, timeout_seconds: float) -> None:
        self._reactor = reactor
        self._timeout_seconds = timeout_seconds
        self._elements: list[Element] = []
        self._ended = False
        self._taker: Deferred[None] | None = None

    def put(self, element: Element) -> None:
        """Something has arrived."""
        self._elements.append(element)
        self._wake()

    def end(self) -> None:
        """Nothing more will."""
        self._ended = True
        self._wake()

    @property
    def ended(self) -> bool:
        """Whether :meth:`end` was called."""
        return self._ended

    async def take(self) -> Element | None:
        """The next element; ``None`` at the end. :raises TimeoutError: if neither comes in time."""
        if not self._elements and not self._ended:
            self._taker = Deferred()
            self._taker.addTimeout(self._timeout_seconds, self._reactor, self._late)
            await self._taker
        return self._elements.pop(0) if self._elements else None

    def _late(self, _value: object, seconds: float) -> None:
        self._taker = None
        raise TimeoutError(f"nothing came within {seconds:g} s")

    def _wake(self) -> None:
        taker, self._taker = self._taker, None
        if taker is not None:
            taker.callback(None)
