"""
A stanza that routes without a tree (RFC 6120 §8).

The slicer hands over what routing needs (kind, attributes, names of the children) and the bytes between the root's
tags as they were received; a ``domish.Element`` is built only for those who ask for one. Leaves out any rule about
who may send what: that is the session's and the router's.
"""

import re
from collections.abc import Iterable
from typing import Self
from xml.sax.saxutils import escape, unescape

from twisted.words.xish import domish

from ccm import namespaces as ns
from ccm.errors import StanzaError
from ccm.wire.tree import parse_element as parse_element

KINDS = ("message", "presence", "iq")
ATTRIBUTE_ESCAPES = {"'": "&apos;", '"': "&quot;", "\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}
_UNSAFE = re.compile("[&<>'\"\n\r\t]")
_TEXT_ENTITIES = {"&quot;": '"', "&apos;": "'"}


def attribute(value: str) -> str:
    """A value made safe between single quotes."""
    if _UNSAFE.search(value) is None:
        return value
    return escape(value, ATTRIBUTE_ESCAPES)


def text(value: str) -> bytes:
    """Character data made safe between tags, as UTF-8."""
    return escape(value).encode()


class Stanza:
    """
    One ``message``, ``presence`` or ``iq`` in ``jabber:client``.

    :ivar kind: ``"message"``, ``"presence"`` or ``"iq"``.
    :ivar attrs: the root's attributes, unescaped, without namespace declarations; names as written (``xml:lang``).
        They are not changed any more once it was written as bytes.
    :ivar children: ``(namespace, name)`` of each child element of the root in order; the first is the payload.
    :ivar inner: UTF-8 bytes between the root's tags, self-contained but for ``declarations``; a child without an
        ``xmlns`` of its own is in ``jabber:client``.
    :ivar declarations: prefix declarations of the root that ``inner`` may use, serialised with a leading space each
        (`` xmlns:x='urn:x'``), or ``b""``.
    :ivar kept: its id in the archive of the account that sent it, if that has it; no copy has it.
    """

    __slots__ = ("_element", "_head", "attrs", "children", "declarations", "inner", "kept", "kind")

    def __init__(
        self,
        kind: str,
        attrs: dict[str, str],
        inner: bytes = b"",
        children: tuple[tuple[str, str], ...] = (),
        declarations: bytes = b"",
    ) -> None:
        self.kind = kind
        self.attrs = attrs
        self.inner = inner
        self.children = children
        self.declarations = declarations
        self.kept = ""
        self._element: domish.Element | None = None
        self._head: bytes | None = None

    # ---- what routing asks

    @property
    def to(self) -> str | None:
        """The address it goes to; ``None`` if the sender gave none."""
        return self.attrs.get("to")

    @property
    def from_(self) -> str | None:
        """The address it comes from; set by the server for everything a client sends."""
        return self.attrs.get("from")

    @property
    def type(self) -> str | None:
        """The ``type`` attribute as sent; ``None`` means *normal* for a message, *available* for a presence."""
        return self.attrs.get("type")

    @property
    def id(self) -> str | None:
        """The ``id`` attribute."""
        return self.attrs.get("id")

    @property
    def payload(self) -> tuple[str, str] | None:
        """``(namespace, name)`` of the first child."""
        return self.children[0] if self.children else None

    def has(self, namespace: str, name: str | None = None) -> bool:
        """Whether a child of that namespace (and name) is there."""
        if name is None:
            return any(child[0] == namespace for child in self.children)
        return (namespace, name) in self.children

    def child_text(self, name: str, namespace: str = ns.CLIENT) -> str | None:
        """Text of the first child of that name, ``None`` if there is no such child."""
        if (namespace, name) not in self.children:
            return None
        if namespace == ns.CLIENT:
            found = _simple_text(self.inner, name)
            if found is not None:
                return found
        for child in self.element.elements(namespace, name):
            return str(child)
        return None

    # ---- trees, only at the edges

    @property
    def element(self) -> domish.Element:
        """The stanza as a ``domish.Element``, parsed once; treat it as read-only."""
        if self._element is None:
            self._element = parse_element(self.to_bytes(declared=True))
        return self._element

    @classmethod
    def from_element(cls, element: domish.Element) -> Self:
        """
        A stanza made of a tree that somebody built.

        :raises ValueError: if the root is no stanza of ``jabber:client`` or the component namespace.
        """
        if element.name not in KINDS or element.uri not in (ns.CLIENT, ns.COMPONENT, None):
            raise ValueError(f"<{element.name} xmlns='{element.uri}'/> is no stanza")
        prefixes = {uri: prefix for prefix, uri in element.localPrefixes.items()}
        attrs, declarations = {}, ""
        for name, value in element.attributes.items():
            if isinstance(name, tuple):
                uri, name = name
                if uri == ns.XML:
                    name = f"xml:{name}"
                else:
                    prefix = prefixes.setdefault(uri, f"a{len(prefixes)}")
                    declarations += f" xmlns:{prefix}='{attribute(uri)}'"
                    name = f"{prefix}:{name}"
            attrs[name] = value
        inner, children = [], []
        for child in element.children:
            if isinstance(child, domish.Element):
                uri = ns.CLIENT if child.uri in (None, ns.COMPONENT, ns.CLIENT) else child.uri
                children.append((uri, child.name))
                inner.append(serialise(child))
            else:
                inner.append(escape(child))
        return cls(element.name, attrs, "".join(inner).encode(), tuple(children), declarations.encode())

    # ---- bytes

    def head(self, *, declared: bool = False) -> bytes:
        """The start tag without its closing ``>``; *declared* adds ``xmlns='jabber:client'`` (RFC 7395, XEP-0206)."""
        head = self._head
        if head is None:
            out = f"<{self.kind}"
            for name, value in self.attrs.items():
                out += f" {name}='{attribute(value)}'"
            head = self._head = out.encode() + self.declarations
        if declared:
            end = 1 + len(self.kind)
            return b"%b xmlns='jabber:client'%b" % (head[:end], head[end:])
        return head

    def to_bytes(self, *, declared: bool = False) -> bytes:
        """The whole stanza; see :meth:`head` for *declared*."""
        if not self.inner:
            return self.head(declared=declared) + b"/>"
        return b"%b>%b</%b>" % (self.head(declared=declared), self.inner, self.kind.encode())

    # ---- answers and variants

    def copy(self, **attrs: str | None) -> "Stanza":
        """The same content under other attributes; ``from_`` stands for ``from``, ``None`` removes one."""
        merged = dict(self.attrs)
        for name, value in attrs.items():
            name = name.rstrip("_").replace("__", ":")
            if value is None:
                merged.pop(name, None)
            else:
                merged[name] = value
        return Stanza(self.kind, merged, self.inner, self.children, self.declarations)

    def with_child(self, namespace: str, name: str, serialised: bytes) -> "Stanza":
        """The same stanza with one more child at the end, given as bytes that declare their namespace."""
        more = Stanza(
            self.kind, self.attrs, self.inner + serialised, (*self.children, (namespace, name)), self.declarations
        )
        more._head = self._head
        return more

    def result(self, inner: bytes = b"", children: Iterable[tuple[str, str]] = ()) -> "Stanza":
        """The ``result`` that answers this ``iq`` (RFC 6120 §8.2.3)."""
        return Stanza("iq", self._answer("result"), inner, tuple(children))

    def error(self, error: StanzaError, *, echo: bool = False) -> "Stanza":
        """The error that answers this stanza (RFC 6120 §8.3); *echo* sends its content back before it."""
        by = f" by='{attribute(error.by)}'" if error.by else ""
        inner = (
            f"<error type='{error.type}'{by}>{_condition(error)}"
            f"<text xmlns='{ns.STANZA_ERRORS}' xml:lang='en'>{escape(error.text)}</text>"
        ).encode() + b"%b</error>" % error.extra
        children: tuple[tuple[str, str], ...] = ((ns.CLIENT, "error"),)
        if echo:
            inner, children = self.inner + inner, self.children + children
        return Stanza(self.kind, self._answer("error"), inner, children, self.declarations if echo else b"")

    def _answer(self, type_: str) -> dict[str, str]:
        attrs = {"type": type_}
        for name, value in (("from", self.to), ("to", self.from_), ("id", self.id)):
            if value is not None:
                attrs[name] = value
        return attrs

    def __repr__(self) -> str:
        return f"<Stanza {self.kind} {self.attrs} {self.payload}>"


def _condition(error: StanzaError) -> str:
    head = f"<{error.condition} xmlns='{ns.STANZA_ERRORS}'"
    return f"{head}>{escape(error.uri)}</{error.condition}>" if error.uri else f"{head}/>"


def _simple_text(inner: bytes, name: str) -> str | None:
    """The text of an unprefixed ``<name>…</name>`` without markup inside; ``None`` when a tree must tell."""
    match = re.search(rb"<%b(?:\s[^<>]*)?>([^<]*)</%b\s*>" % (name.encode(), name.encode()), inner)
    if match is None or b"xmlns" in inner[match.start() : match.start(1)] or b"&#" in match.group(1):
        return None
    if inner.find(b"<%b" % name.encode()) != match.start() or inner[: match.start()].count(b"<"):
        return None  # an element of the same name may stand deeper before it
    return unescape(match.group(1).decode(), _TEXT_ENTITIES)


def serialise(element: domish.Element) -> str:
    """An element that stands inside a ``jabber:client`` stanza, declaring whatever differs from that."""
    default = ns.CLIENT if element.uri in (None, ns.CLIENT, ns.COMPONENT) else None
    parts: list[str] = []
    if _simple(element, default, parts):
        return "".join(parts)
    return str(element.toXml(defaultUri=default))


def _simple(element: domish.Element, default: str | None, parts: list[str]) -> bool:
    """Write an element that has no prefixes, which is most of them, at half the cost; false for any other."""
    own = element.defaultUri if element.defaultUri is not None else default
    if element.localPrefixes or (element.uri is not None and element.uri != own):
        return False
    parts.append(f"<{element.name}")
    if own != default:
        parts.append(f" xmlns='{own}'")
    for name, value in element.attributes.items():
        if type(name) is not str:
            return False
        parts.append(f" {name}='{attribute(value)}'")
    if not element.children:
        parts.append("/>")
        return True
    parts.append(">")
    for child in element.children:
        if isinstance(child, domish.Element):
            if not _simple(child, own, parts):
                return False
        elif type(child) is str:
            parts.append(escape(child))
        else:
            return False
    parts.append(f"</{element.name}>")
    return True
