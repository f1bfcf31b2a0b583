"""
What every stanza of a bound client goes through on its way to the router (RFC 6120 §8, §10.1).

Leaves out what it means: that is the router's and its modules'.
"""

from typing import TYPE_CHECKING

from ccm import address
from ccm import namespaces as ns
from ccm.errors import StanzaError, StreamError
from ccm.wire.stanza import Stanza

if TYPE_CHECKING:
    from ccm.session.machine import Session

_CHILD_NEEDED = {"get": True, "set": True, "result": False, "error": False}


def accept(session: "Session", stanza: Stanza) -> None:
    """Stamp, check and route one stanza. What is wrong with it is answered here."""
    attrs = stanza.attrs
    if session.resumption is not None:
        session.resumption.handled()
    sender = attrs.get("from")
    if sender is not None and sender not in (session.jid, session.bare) and not _same(sender, session):
        # RFC 6120 §4.9.3.9. Of one's own address any resource will do: §8.1.2.1 has the server override it, and a page
        # that was loaded again and resumed its session (XEP-0198) may still name the resource it would have bound.
        session.fail(StreamError("invalid-from", "Leave 'from' out; the server sets it."))
        return
    attrs["from"] = session.jid
    to = attrs.get("to")
    if to is not None:
        try:
            attrs["to"] = address.prepare(to)
        except StanzaError as error:
            del attrs["to"]
            _refuse(session, stanza, error)
            return
    if stanza.kind == "iq" and not _sound(session, stanza):
        return
    session.realm.router.route(stanza, session)


def _same(sender: str, session: "Session") -> bool:
    try:
        return address.bare(address.prepare(sender)) == session.bare
    except StanzaError:
        return False


def _sound(session: "Session", stanza: Stanza) -> bool:
    """Whether an ``iq`` keeps the rules of RFC 6120 §8.2.3 and is not for the session itself; it is answered if not."""
    needed = _CHILD_NEEDED.get(stanza.type or "")
    if needed is None or not stanza.id or (needed and len(stanza.children) != 1):
        _refuse(session, stanza, StanzaError("bad-request", "An iq has an id, a type and exactly one child."))
        return False
    if stanza.type != "set":
        return True
    if stanza.payload == (ns.SESSION, "session"):  # RFC 3921 §3, kept by RFC 6121 Appendix E as a no-operation
        session.deliver(Stanza("iq", {"type": "result", "id": stanza.id, "to": session.jid}))
        return False
    if stanza.payload == (ns.BIND, "bind"):
        _refuse(session, stanza, StanzaError("not-allowed", "A session has one resource."))
        return False
    return True


def _refuse(session: "Session", stanza: Stanza, error: StanzaError) -> None:
    if stanza.type not in ("error", "result"):
        session.deliver(stanza.error(error))
