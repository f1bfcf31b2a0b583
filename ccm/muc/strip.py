"""Taking out of a stanza what its sender may not say in a room (XEP-0359 §5, XEP-0421 §6, XEP-0313 §9)."""

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.wire.stanza import Stanza
from ccm.wire.without import without

#: Namespaces that make a look into the tree worthwhile.
_SUSPICIOUS = frozenset({ns.STANZA_ID, ns.OCCUPANT_ID, ns.MUC_USER, ns.MUC, ns.DELAY, ns.HATS})


def clean(stanza: Stanza, room: str) -> Stanza:
    """
    The stanza without what only the room may say: its stanza-ids and delays, occupant ids, hats, ``muc``, ``muc#user``.

    A message without any of these namespaces is answered as it is, without building a tree.
    """
    if _SUSPICIOUS.isdisjoint(child[0] for child in stanza.children):
        return stanza
    if all(child == (ns.STANZA_ID, "origin-id") for child in stanza.children if child[0] in _SUSPICIOUS):
        return stanza

    def forged(child: domish.Element) -> bool:
        if child.uri == ns.STANZA_ID:
            return bool(child.name == "stanza-id" and child.getAttribute("by") == room)
        if child.uri == ns.DELAY:
            return (child.getAttribute("from") or room).partition("/")[0] == room
        return child.uri in (ns.OCCUPANT_ID, ns.MUC_USER, ns.MUC, ns.HATS)

    return without(stanza, forged)
