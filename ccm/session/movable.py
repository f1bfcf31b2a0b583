"""
A session over BOSH that its client is about to take over by another connection (XEP-0198 1.6.3 §5).

BOSH acknowledges by its own requests and is taken up again by its own ids (XEP-0124 §9, §14); what is counted here
is for the one moment in which a client changes over: a page begins over BOSH and goes on over WebSocket. From
``<enabled/>`` on both sides count, so whatever was on its way then is sent again where it was not heard. Who has not
come after half a minute, or has too much to catch up with, does not come: the count is forgotten, and the session goes
on as before. So is it by a restart, whose records are BOSH's.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from ccm.session import resume
from ccm.session.resume import Acks
from ccm.session.resumption import Resumption, after

if TYPE_CHECKING:
    from ccm.session.machine import Session

_SECONDS = 30.0


class Movable:
    """
    Stands in the place of a :class:`~ccm.session.resumption.Resumption` until the client comes.

    :ivar acks: of stanzas that went, or were queued, over BOSH.
    """

    __slots__ = ("_forget", "_session", "acks", "id")

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.acks = Acks(resumable=False)  # if BOSH fails there is nothing to come back to
        self.id = session.realm.random(18).hex()
        self._forget: Callable[[], None] = session.realm.later(_SECONDS, self._too_late)

    def start(self) -> None:
        """Answer ``<enable/>``."""
        session = self._session
        session.realm.resumptions[self.id] = session
        session.send(resume.enabled(self.id, session.realm.options.resume_page_seconds))

    def handled(self) -> None:
        """One more stanza of the client has come."""
        self.acks.inbound = (self.acks.inbound + 1) % resume.MODULUS

    def deliver(self, data: bytes, archived: bool = False) -> None:  # noqa: ARG002
        """Send a stanza and keep it. BOSH sends it once a record holds it, whatever archives do."""
        self.acks.sent(data)
        self._session.send(data)
        if len(self.acks.queue) > self._session.realm.options.resume_stanzas:
            self._too_late()

    def acknowledge(self) -> None:
        """Answer ``<r/>``, once everything it covers is on disk."""
        session, h = self._session, self.acks.inbound

        def secured() -> None:
            if session.resumption is self:  # who has changed over meanwhile has learned it from <resumed/>
                session.send(resume.answer(h))

        def failed(_: Any) -> None:
            """Whose stanzas could not be stored is told by BOSH."""

        after(session.realm.barrier(), secured, failed)

    def taken_over(self) -> Resumption:
        """The client has come: BOSH ends without a word, and what it has not sent waits for the new connection."""
        session, acks = self._session, self.acks
        self._forget()
        connection = cast(Any, session.connection)
        session.attach(None)
        connection.moved()
        acks.resumable = True
        return Resumption(session, acks, self.id, page=True)

    def to_plain(self) -> None:
        """Nothing: after a restart it cannot be taken over."""

    def stop(self) -> list[bytes]:
        """It is over. :returns: nothing: what its client does not have BOSH knows."""
        self._forget()
        self._session.realm.resumptions.pop(self.id, None)
        return []

    def _too_late(self) -> None:
        self.stop()
        self._session.resumption = None
