"""Taking out of a stanza what its sender may not say in a room (XEP-0359 §5, XEP-0421 §6, XEP-0313 §9)."""

from collections.abc import Callable

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.wire.stanza import Stanza

#: Namespaces that make a look into the tree worthwhile.
_SUSPICIOUS = frozenset({ns.STANZA_ID, ns.OCCUPANT_ID, ns.MUC_USER, ns.MUC, ns.DELAY})


def without(stanza: Stanza, unwanted: Callable[[domish.Element], bool]) -> Stanza:
    """The same stanza without those children of the root."""
    source = stanza.element
    element = domish.Element((source.uri, source.name), localPrefixes=dict(source.localPrefixes))
    element.attributes = dict(source.attributes)
    for child in source.children:
        if not (isinstance(child, domish.Element) and unwanted(child)):
            element.addChild(child)
    copy = Stanza.from_element(element)
    copy.attrs = dict(stanza.attrs)
    return copy


def clean(stanza: Stanza, room: str) -> Stanza:
    """
    The stanza without what only the room may say: its stanza-ids and delays, occupant ids, ``muc`` and ``muc#user``.

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
        return child.uri in (ns.OCCUPANT_ID, ns.MUC_USER, ns.MUC)

    return without(stanza, forged)
