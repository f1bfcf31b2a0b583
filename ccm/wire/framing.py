"""
One interface over the three ways a stream is framed, so that one session stands behind all of them.

``StreamFraming``: ``<stream:stream>`` over TCP (RFC 6120 §4). ``WebSocketFraming``: ``<open/>`` and ``<close/>``, one
element a message (RFC 7395 §3). ``BoshFraming``: children of ``<body/>`` (XEP-0206 1.4 §4). ``feed`` turns bytes
into events and never raises; the other methods answer bytes to send. Leaves out the WebSocket frame codec and HTTP.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.wire.events import Broken, Event, Nonza, StreamClosed, StreamOpened
from ccm.wire.parsers import ParserPool
from ccm.wire.slicer import Slicer
from ccm.wire.stanza import Stanza, attribute, text
from ccm.wire.tags import START_TAG, resolve, skip_declaration

__all__ = ["BoshFraming", "Body", "Broken", "Event", "Framing", "Nonza", "StreamClosed", "StreamFraming",
           "StreamOpened", "WebSocketFraming"]  # fmt: skip

_BODY_END = re.compile(rb"</([^\s<>/]+)[ \t\r\n]*>[ \t\r\n]*\Z")
_SPACE = b" \t\r\n"
_SHORT_HEADER, _HEADERS = 512, 256  # bytes of the headers that are remembered, and how many
_MISMATCH = StreamError("not-well-formed", "The body is not closed.")


class Framing(Protocol):
    """
    What a session asks of it.

    :ivar declared: stanzas must carry ``xmlns='jabber:client'`` themselves.
    :ivar max_bytes: bound on one stanza; the session raises it after login.
    """

    declared: bool
    max_bytes: int

    def feed(self, data: bytes) -> list[Event]:
        """What is complete by now."""

    def reset(self) -> None:
        """Expect a new stream, with nothing left of the old one (RFC 6120 §4.3.3)."""

    def header(self, from_: str, id_: str, lang: str, to: str | None = None) -> bytes:
        """Our own opening tag."""

    def features(self, inner: bytes) -> bytes:
        """``<stream:features/>`` around serialised features."""

    def error(self, error: StreamError) -> bytes:
        """A stream error (RFC 6120 §4.9)."""

    def footer(self) -> bytes:
        """What closes our stream."""


class StreamFraming:
    """
    RFC 6120 §4 over TCP: bytes come in any portions.

    :param content: the content namespace; whichever it is, its stanzas are read as those of ``jabber:client``.
    """

    declared = False

    def __init__(self, pool: ParserPool, max_bytes: int | None = None, content: str = ns.CLIENT) -> None:
        self._pool = pool
        self._content = content
        self._max_bytes = max_bytes or pool.options.max_stanza_bytes_before_login
        self._slicer: Slicer | None = None
        self._head = b""

    @property
    def max_bytes(self) -> int:
        """Bound on one stanza."""
        return self._max_bytes

    @max_bytes.setter
    def max_bytes(self, value: int) -> None:
        self._max_bytes = value
        if self._slicer is not None:
            self._slicer.max_bytes = value

    @property
    def idle(self) -> bool:
        """Nothing is incomplete."""
        return self._slicer.idle if self._slicer is not None else not self._head.strip(_SPACE)

    def reset(self) -> None:
        """Expect a new header."""
        if self._slicer is not None:
            self._slicer.drop()
        self._slicer, self._head = None, b""

    def feed(self, data: bytes) -> list[Event]:
        """Take bytes as they come."""
        if self._slicer is not None:
            return self._slicer.feed(data)
        self._head += data
        try:
            return self._open()
        except StreamError as error:
            self._head = b""
            return [Broken(error)]

    def _open(self) -> list[Event]:
        head = self._head
        if b">" not in head[-64_000:] and len(head) <= self._pool.options.max_tag_bytes:
            if head.strip(_SPACE)[:1] not in (b"", b"<"):
                raise StreamError("not-well-formed", "A stream begins with <stream:stream>.")
            return []
        skip = skip_declaration(head)
        found = START_TAG.match(head, skip) if skip is not None else None
        if skip is None or found is None:
            rest = head[skip or 0 :].lstrip(_SPACE)
            if rest[:1] not in (b"", b"<"):
                raise StreamError("not-well-formed", "A stream begins with <stream:stream>.")
            if rest[:2] == b"</":
                raise StreamError("not-well-formed", "There is no stream to end: one begins with <stream:stream>.")
            if rest[:2] in (b"<!", b"<?") and skip is not None:
                raise StreamError("restricted-xml", "Comments, processing instructions and DTDs may not be used.")
            if len(head) > self._pool.options.max_tag_bytes:
                raise StreamError("policy-violation", "The stream header is too long.")
            if b"<" in rest[1:]:
                raise StreamError("not-well-formed", "The stream header is not well-formed.")
            return []
        tag = found.group()
        opened, outer = (_same_header if len(tag) <= _SHORT_HEADER else _stream_header)(tag, self._content)
        self._slicer = Slicer(self._pool, self._max_bytes, outer)
        rest, self._head = head[found.end() :], b""
        return [opened, *self._slicer.feed(rest)] if rest else [opened]

    def header(self, from_: str, id_: str, lang: str, to: str | None = None) -> bytes:
        """``<stream:stream>`` (RFC 6120 §4.7)."""
        return (
            f"<?xml version='1.0'?><stream:stream xmlns='{self._content}' xmlns:stream='{ns.STREAMS}' "
            f"from='{attribute(from_)}' id='{attribute(id_)}' version='1.0' xml:lang='{attribute(lang)}'"
            + (f" to='{attribute(to)}'>" if to else ">")
        ).encode()

    def features(self, inner: bytes) -> bytes:
        """``<stream:features/>``, whose prefix the header declares."""
        return b"<stream:features>%b</stream:features>" % inner

    def error(self, error: StreamError) -> bytes:
        """``<stream:error/>``, whose prefix the header declares."""
        return _error(error, b"")

    def footer(self) -> bytes:
        """The closing tag."""
        return b"</stream:stream>"


class _Declared:
    """What WebSocket and BOSH share: every element declares its namespaces."""

    declared = True
    _PREFIX = f" xmlns:stream='{ns.STREAMS}'".encode()

    def __init__(self, pool: ParserPool, max_bytes: int | None = None) -> None:
        self._pool = pool
        self.max_bytes = max_bytes or pool.options.max_stanza_bytes_before_login

    def reset(self) -> None:
        """Nothing is kept between messages."""

    def features(self, inner: bytes) -> bytes:
        """``<stream:features/>`` that declares its prefix."""
        return b"<stream:features%b>%b</stream:features>" % (self._PREFIX, inner)

    def error(self, error: StreamError) -> bytes:
        """``<stream:error/>`` that declares its prefix."""
        return _error(error, self._PREFIX)

    def _children(self, data: bytes) -> list[Event]:
        slicer = Slicer(self._pool, self.max_bytes)
        events = slicer.feed(data)
        if not slicer.idle:
            slicer.drop()
            events.append(Broken(StreamError("not-well-formed", "An element is not closed.")))
        return events


class WebSocketFraming(_Declared):
    """RFC 7395 §3: one complete element in each message."""

    def feed(self, data: bytes) -> list[Event]:
        """Take the payload of one text frame."""
        events = self._children(data)
        if len(events) > 1 and not isinstance(events[-1], Broken):
            return [Broken(StreamError("not-well-formed", "A message holds one element (RFC 7395 §3.3)."))]
        return [self._framed(event) for event in events]

    def _framed(self, event: Event) -> Event:
        if not isinstance(event, Nonza) or event.namespace != ns.FRAMING:
            return event
        if event.name == "close":
            return StreamClosed()
        if event.name != "open":
            return Broken(StreamError("unsupported-stanza-type", f"<{event.name}/> is not known."))
        attrs = event.attrs
        return StreamOpened(attrs.get("to"), attrs.get("from"), attrs.get("version", ""), attrs.get("xml:lang"))

    def header(self, from_: str, id_: str, lang: str, to: str | None = None) -> bytes:
        """``<open/>`` (RFC 7395 §3.4)."""
        return (
            f"<open xmlns='{ns.FRAMING}' from='{attribute(from_)}' id='{attribute(id_)}' version='1.0' "
            f"xml:lang='{attribute(lang)}'" + (f" to='{attribute(to)}'/>" if to else "/>")
        ).encode()

    def footer(self) -> bytes:
        """``<close/>`` (RFC 7395 §3.6)."""
        return f"<close xmlns='{ns.FRAMING}'/>".encode()


@dataclass(frozen=True, slots=True)
class Body:
    """A BOSH body: its attributes (``xmpp:restart``, ``xml:lang``, others by local name) and its children."""

    attrs: dict[str, str]
    events: tuple[Stanza | Nonza, ...]


class BoshFraming(_Declared):
    """XEP-0206: stanzas as children of ``<body/>``; the stream events are the BOSH machine's to make."""

    def body(self, data: bytes) -> Body:
        """
        One whole body.

        A child without ``xmlns`` is in ``httpbind`` by the letter; it is read as ``jabber:client``, as clients mean it.

        :raises StreamError: if it is no well-formed body or exceeds a bound.
        """
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise StreamError("unsupported-encoding", "The bytes are not valid UTF-8.") from error
        skip = skip_declaration(data)
        found = START_TAG.match(data, skip) if skip is not None else None
        if found is None or found.end() - found.start() > self._pool.options.max_tag_bytes:
            raise StreamError("not-well-formed", "A request holds one <body/> (XEP-0124 §4).")
        start = found.group()
        tag = resolve(start)
        if (tag.namespace, tag.name) != (ns.HTTPBIND, "body"):
            raise StreamError("invalid-namespace", f"A request holds <body xmlns='{ns.HTTPBIND}'/>.")
        rest = data[found.end() :]
        if start.endswith(b"/>"):
            if rest.strip(_SPACE):
                raise _MISMATCH
            return Body(tag.attrs, ())
        end = _BODY_END.search(rest)
        if end is None or end[1] != re.split(rb"[\s>]", start[1:], maxsplit=1)[0]:
            raise _MISMATCH
        events: list[Stanza | Nonza] = []
        for event in self._children(rest[: end.start()]):
            if isinstance(event, Broken):
                raise event.error
            if not isinstance(event, Stanza | Nonza):
                raise _MISMATCH
            events.append(event)
        return Body(tag.attrs, tuple(events))

    def feed(self, data: bytes) -> list[Event]:
        """The children alone; :meth:`body` is the way in for HTTP."""
        return self._children(data)

    def header(self, from_: str, id_: str, lang: str, to: str | None = None) -> bytes:  # noqa: ARG002
        """Nothing: the attributes of the first ``<body/>`` say it."""
        return b""

    def footer(self) -> bytes:
        """Nothing: ``type='terminate'`` says it."""
        return b""


def _stream_header(data: bytes, content: str) -> tuple[StreamOpened, dict[str | None, str] | None]:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise StreamError("unsupported-encoding", "The bytes are not valid UTF-8 (RFC 6120 §11.6).") from error
    tag = resolve(data)
    if tag.namespace != ns.STREAMS:
        raise StreamError("invalid-namespace", f"The stream's namespace must be {ns.STREAMS}.")
    if tag.name != "stream":
        raise StreamError("bad-format", "A stream begins with <stream:stream>.")
    if not data.startswith(b"<stream:stream"):
        raise StreamError("bad-namespace-prefix", "The prefix of the stream must be 'stream' (RFC 6120 §4.8.5).")
    if tag.prefixes.get(None) != content:
        raise StreamError("invalid-namespace", f"The default namespace of the stream must be {content}.")
    if data.endswith(b"/>"):
        raise StreamError("not-well-formed", "The stream header may not be an empty tag.")
    attrs = tag.attrs
    opened = StreamOpened(
        attrs.get("to"), attrs.get("from"), attrs.get("version", ""), attrs.get("xml:lang"), attrs.get("id")
    )
    outer: dict[str | None, str] = {p: uri for p, uri in tag.prefixes.items() if p not in (None, "stream")}
    return opened, outer or None


#: Clients of one kind open every stream alike; what they share is not to be changed.
_same_header = lru_cache(_HEADERS)(_stream_header)


def _error(error: StreamError, prefix: bytes) -> bytes:
    said = b"<text xmlns='%b' xml:lang='en'>%b</text>" % (ns.STREAM_ERRORS.encode(), text(error.text))
    return b"<stream:error%b><%b xmlns='%b'/>%b%b</stream:error>" % (
        prefix,
        error.condition.encode(),
        ns.STREAM_ERRORS.encode(),
        said if error.text else b"",
        error.extra,
    )
