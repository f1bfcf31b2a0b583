"""What stands around a BOSH session: the client's stream above it and the HTTP shell below."""

from typing import TYPE_CHECKING, Any, Protocol

from ccm.wire.framing import Event

if TYPE_CHECKING:
    from ccm.session.bosh import BoshSession


class Stream(Protocol):
    """What stands above: :class:`ccm.session.machine.Session`."""

    stream_id: str

    @property
    def state_name(self) -> str:
        """Where in its life it is: see :class:`ccm.session.states.State`."""

    def received(self, events: list[Event]) -> None:
        """What arrived, in order."""

    def disconnected(self, unacked: Any = ()) -> None:
        """The client is gone; these stanzas did not reach it."""


class Outlet(Protocol):
    """What the shell does for a session."""

    def respond(self, handle: Any, session: "BoshSession", rid: int, body: bytes, status: int) -> None:
        """Send the answer to *rid* (0 for one that is the answer to none)."""

    def drop(self, handle: Any) -> None:
        """Close the connection of a request that another one has superseded, without an answer."""

    def wake(self, session: "BoshSession") -> None:
        """Call :meth:`BoshSession.flush` at the end of this reactor turn."""

    def wake_in(self, session: "BoshSession", seconds: float) -> None:
        """Call it after that time at the latest; whoever asks again before then is not called twice."""

    def barrier(self) -> Any:
        """A Deferred that fires when all that was stored so far is on disk, or ``None``."""
