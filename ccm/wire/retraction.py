"""
What stands in an archive in the place of a message that was taken back (XEP-0424 0.4 §5, XEP-0425 0.3.0 §4).
"""

from ccm import namespaces as ns
from ccm.wire.stanza import Stanza, attribute

_KEPT = frozenset({(ns.OCCUPANT_ID, "occupant-id"), (ns.STANZA_ID, "stanza-id"), (ns.STANZA_ID, "origin-id")})


def tombstone(old: Stanza, stamp: str, retraction: str, moderated: bytes = b"", earlier: bytes = b"") -> bytes:
    """
    The tombstone of a message: its attributes and its ids, nothing of what it said.

    :param stamp: when it was taken back (XEP-0082). :param retraction: ``id`` of the message that did.
    :param moderated: by whom and why, if not its author. :param earlier: the same in the words of earlier versions.
    """
    kept = b"".join(child.toXml().encode() for child in old.element.elements() if (child.uri, child.name) in _KEPT)
    mark = f"<retracted xmlns='{ns.RETRACT}' stamp='{stamp}' id='{attribute(retraction)}'>".encode()
    return Stanza("message", old.attrs, mark + moderated + b"</retracted>" + earlier + kept).to_bytes(declared=True)
