"""
A bound session as plain data and back, so that it outlives the process (XEP-0198 §5, XEP-0124 §11).

JSON-able; kept under ``sm:<id>`` in the session state for XEP-0198, inside its own record by BOSH.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast

from ccm import address
from ccm.interfaces import IConnection
from ccm.session.realm import Realm
from ccm.session.resume import Acks
from ccm.session.states import State
from ccm.wire.fanout import FanOut
from ccm.wire.framing import Framing

if TYPE_CHECKING:
    from ccm.session.machine import Session

VERSION = 1


def to_plain(session: "Session") -> dict[str, Any]:
    """Everything of a bound session that must survive; fires ``session-saving``."""
    session.realm.router.fire("session-saving", session)
    plain: dict[str, Any] = {
        "version": VERSION,
        "jid": session.jid,
        "transport": session.transport,
        "priority": session.priority,
        "state": dict(session.state),
    }
    kept = session.resumption.to_plain() if session.resumption is not None else None
    if kept is not None:
        plain["resume"] = kept
    return plain


def from_plain(
    realm: Realm,
    framing: Framing,
    connection: IConnection | None,
    transport: str,
    plain: dict[str, Any],
    missed: Iterable[FanOut] = (),
) -> "Session":
    """
    The session that a record speaks of, bound in the router again; fires ``session-resumed``.

    :param connection: what it speaks through; ``None`` for one that waits for its client (XEP-0198).
    :param missed: what rooms archived for it since the record was made, in order. It was sent these first, as far as
        it was sent anything: all else waits for a record (:mod:`ccm.session.resumption`). So the client's count tells
        how many of them it has.
    :raises ValueError: if the record is of another version, or too much was missed.
    :raises StanzaError: ``conflict`` if its JID is bound already.
    """
    from ccm.session.machine import Session
    from ccm.session.resumption import Resumption

    if plain.get("version") != VERSION:
        raise ValueError(f"a session record of version {plain.get('version')!r} cannot be read")
    realm = realm.of(address.domain(plain["jid"])) or realm
    session = Session(realm, connection or cast(IConnection, _Nowhere()), framing, transport)
    if connection is None:
        session.attach(None)
    session.state.update(plain["state"])
    session.priority = plain["priority"]
    session.restored(plain["jid"])
    kept = plain.get("resume")
    if kept is not None:
        acks = Acks(resumable=True)
        resumption = session.resumption = Resumption(session, acks, kept["id"], page=kept.get("page", False))
        acks.inbound = acks.secured = kept["inbound"]
        acks.outbound = kept["outbound"]
        acks.queue.extend(data.encode() for data in kept["queue"])
        realm.resumptions[resumption.id] = session
    for template in missed:
        session.deliver_raw(template)
        if session.stage is State.CLOSED:
            raise ValueError("more was missed than is kept")
    if session.resumption is not None:
        session.resumption.acks.certain = session.resumption.acks.outbound
    realm.router.fire("session-resumed", session)
    if connection is None:
        session.connection_lost()
    return session


class _Nowhere:
    """Stands in for the connection of a session that waits for its client."""

    peer = ""
    secure = False

    def write(self, data: bytes) -> None:
        """Nobody is there."""

    def start_tls(self) -> None:
        """Nobody is there."""

    def close(self) -> None:
        """Nobody is there."""
