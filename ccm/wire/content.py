"""
Stanzas of streams whose content namespace is not ``jabber:client`` (RFC 6120 §4.8.3): servers', components'.

Inside, every stanza is one of ``jabber:client``. What inherits its namespace needs nothing; what names it is renamed at
the edge, but for what stands inside another namespace (a forwarded stanza, XEP-0297, is as its sender wrote it). Leaves
out prefixes that are bound to a content namespace, which nobody writes.
"""

import re

from ccm import namespaces as ns
from ccm.wire.events import Event, Nonza
from ccm.wire.stanza import KINDS, Stanza

_TAG = re.compile(rb"<(/?)[^<>'\"!?/][^<>'\"]*+(?:(?:'[^'<]*+'|\"[^\"<]*+\")[^<>'\"]*+)*+>")
_XMLNS = re.compile(rb"(\sxmlns\s*=\s*)(?:'([^']*)'|\"([^\"]*)\")")


def as_client(event: Event, content: str) -> Event:
    """What came in a stream of that content namespace, with its stanzas as those of ``jabber:client``."""
    if isinstance(event, Nonza) and event.namespace == content and event.name in KINDS:
        event = Stanza(event.name, event.attrs, event.inner, event.children)  # declared by the letter
    if not isinstance(event, Stanza) or not any(namespace == content for namespace, _ in event.children):
        return event
    children = tuple((ns.CLIENT if uri == content else uri, name) for uri, name in event.children)
    inner = renamed(event.inner, content, ns.CLIENT)
    return Stanza(event.kind, event.attrs, inner, children, event.declarations)


def for_server(stanza: Stanza) -> bytes:
    """A stanza's bytes for a stream of ``jabber:server``."""
    if b"jabber:client" not in stanza.inner:
        return stanza.to_bytes()
    inner = renamed(stanza.inner, ns.CLIENT, ns.SERVER)
    return Stanza(stanza.kind, stanza.attrs, inner, stanza.children, stanza.declarations).to_bytes()


def renamed(inner: bytes, old: str, new: str) -> bytes:
    """The content of a stanza with *new* for *old* wherever an element of the stanza itself declares that."""
    was, to = old.encode(), b"'" + new.encode() + b"'"
    inside: list[bool] = []  # for each open element: whether it is of the stanza itself

    def tag(found: re.Match[bytes]) -> bytes:
        if found[1]:
            if inside:
                inside.pop()
            return found[0]
        own, whole = not inside or inside[-1], found[0]
        declared = _XMLNS.search(whole)
        if declared is not None:
            own = own and (declared[2] or declared[3] or b"") == was
            if own:
                whole = whole[: declared.start()] + declared[1] + to + whole[declared.end() :]
        if not whole.endswith(b"/>"):
            inside.append(own)
        return whole

    return _TAG.sub(tag, inner)
