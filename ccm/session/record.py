"""
A bound session as plain data and back, so that it outlives the process (XEP-0198 §5, XEP-0124 §11).

JSON-able; kept under ``sm:<id>`` in the session state for XEP-0198, inside its own record by BOSH.
"""

from typing import TYPE_CHECKING, Any, cast

from ccm.interfaces import IConnection
from ccm.session.realm import Realm
from ccm.wire.framing import Framing

if TYPE_CHECKING:
    from ccm.session.machine import Session

VERSION = 1


def to_plain(session: "Session", exact: bool = False) -> dict[str, Any]:
    """
    Everything of a bound session that must survive; fires ``session-saving``.

    :param exact: nothing will be sent or received any more before the record is read.
    """
    session.realm.router.fire("session-saving", session)
    plain: dict[str, Any] = {
        "version": VERSION,
        "jid": session.jid,
        "transport": session.transport,
        "priority": session.priority,
        "state": dict(session.state),
    }
    if session.resumption is not None:
        acks = session.resumption.acks
        plain["resume"] = {
            "id": session.resumption.id,
            "inbound": acks.inbound,
            "outbound": acks.outbound,
            "queue": [data.decode() for data in acks.queue],
            "exact": exact,
        }
    return plain


def from_plain(
    realm: Realm, framing: Framing, connection: IConnection | None, transport: str, plain: dict[str, Any]
) -> "Session":
    """
    The session that a record speaks of, bound in the router again; fires ``session-resumed``.

    :param connection: what it speaks through; ``None`` for one that waits for its client (XEP-0198).
    :raises ValueError: if the record is of another version.
    :raises StanzaError: ``conflict`` if its JID is bound already.
    """
    from ccm.session.machine import Session
    from ccm.session.resumption import Resumption

    if plain.get("version") != VERSION:
        raise ValueError(f"a session record of version {plain.get('version')!r} cannot be read")
    session = Session(realm, connection or cast(IConnection, _Nowhere()), framing, transport)
    if connection is None:
        session.attach(None)
    session.state.update(plain["state"])
    session.priority = plain["priority"]
    session.restored(plain["jid"])
    kept = plain.get("resume")
    if kept is not None:
        resumption = session.resumption = Resumption(session, True, kept["id"])
        resumption.acks.inbound, resumption.acks.outbound = kept["inbound"], kept["outbound"]
        resumption.acks.queue.extend(data.encode() for data in kept["queue"])
        if not kept.get("exact"):
            resumption.acks.certain = resumption.acks.outbound
        realm.resumptions[resumption.id] = session
    realm.router.fire("session-resumed", session)
    if connection is None:
        session.connection_lost()
    return session


class _Nowhere:
    """Stands in for the connection of a session that waits for its client."""

    peer = ""
    secure = False
    channel_binding = None

    def write(self, data: bytes) -> None:
        """Nobody is there."""

    def start_tls(self) -> None:
        """Nobody is there."""

    def close(self) -> None:
        """Nobody is there."""
