"""
One message to many recipients by joining bytes (RFC 6120 §8; XEP-0045 §7.4).

Everything but the ``to`` is serialised once; a recipient's copy is *head + its own quoted address + tail*.
Two heads exist because WebSocket frames and BOSH bodies need the namespace on each stanza.
"""

from ccm.wire.stanza import Stanza, attribute


def quoted(jid: str) -> bytes:
    """An address as a sink keeps it, ready to stand between head and tail."""
    return attribute(jid).encode()


class FanOut:
    """
    A stanza addressed to nobody yet.

    :ivar stanza: the stanza itself, with ``from`` set and ``to`` absent, for sinks that want more than bytes.
    :ivar head: bytes up to and including ``to='`` for a stream whose default namespace is ``jabber:client``.
    :ivar declared_head: the same with ``xmlns='jabber:client'`` on the root.
    :ivar tail: the rest, beginning with the quote that closes ``to``.
    :ivar archived: its id if a room's archive holds it and it is being sent in the archives' order, else ``""``: who
        has it can be told from how much he has.
    """

    __slots__ = ("archived", "declared_head", "head", "stanza", "tail")

    def __init__(self, stanza: Stanza, from_: str) -> None:
        self.archived = ""
        attrs = stanza.attrs | {"from": from_}
        attrs.pop("to", None)
        self.stanza = Stanza(stanza.kind, attrs, stanza.inner, stanza.children, stanza.declarations)
        kind = stanza.kind.encode()
        rest = self.stanza.head()[1 + len(kind) :] + b" to='"
        self.head = b"<" + kind + rest
        self.declared_head = b"<" + kind + b" xmlns='jabber:client'" + rest
        self.tail = b"'>%b</%b>" % (stanza.inner, kind) if stanza.inner else b"'/>"
