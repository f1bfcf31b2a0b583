"""
Restricted XML (RFC 6120 §11.1) cut into stanzas without building a tree.

Bytes are checked before expat sees them: strict UTF-8, no ``<!``, no ``<?``. What passes is in a subset that every
parser reads alike, so that the bytes inside a stanza may be relayed as they came. CDATA sections are refused with
the rest of ``<!``. Leaves out the opening tag of a stream, which :mod:`ccm.wire.framing` reads.
"""

import re
from xml.parsers import expat

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.wire.events import Broken, Event, Nonza, StreamClosed
from ccm.wire.parsers import Parser, ParserPool
from ccm.wire.stanza import KINDS, Stanza, attribute
from ccm.wire.tags import START_TAG, Tag, declarations, parse_error, resolve

_SPACE = b" \t\r\n"
_STREAM_PREFIX = f" xmlns:stream='{ns.STREAMS}'".encode()
_CLIENT_DEFAULT = f" xmlns='{ns.CLIENT}'".encode()
_KINDS = frozenset(KINDS)
_VALUES = re.compile(rb"'[^']*'|\"[^\"]*\"")
_GROWING_TAG_BYTES = 256  # below, not even six bytes for each one are more than twice the size and 1 KiB
CLIENT = ns.CLIENT


class Slicer:
    """
    The children of one stream, from bytes in any portions.

    :param outer: prefixes that the opening tag declared beside ``stream``; stanzas that use one carry it on.
    :ivar max_bytes: bound on one stanza; may be raised after login.
    """

    __slots__ = ("_chunks", "_lt", "_outer", "_parser", "_partial", "_pending", "_pool", "max_bytes")

    def __init__(self, pool: ParserPool, max_bytes: int, outer: dict[str | None, str] | None = None) -> None:
        self._pool = pool
        self._outer = outer
        self._parser: Parser | None = None
        self._chunks: list[bytes] = []
        self._pending = 0
        self._partial = b""
        self._lt = False
        self.max_bytes = max_bytes

    @property
    def idle(self) -> bool:
        """Nothing is incomplete."""
        return self._parser is None and not self._partial

    def feed(self, data: bytes) -> list[Event]:
        """What is complete by now. Never raises: a :class:`Broken` comes last when something was wrong."""
        events: list[Event] = []
        try:
            if data.isascii() and not self._lt and not self._partial and b"!" not in data and b"?" not in data:
                self._slice(data, events)  # by far the most frequent case, without a closer look
            else:
                good, error = self._check(data)
                self._slice(good, events)
                if error is not None:
                    raise error
        except StreamError as error:
            self.drop()
            events.append(Broken(error))
        return events

    def drop(self) -> None:
        """Forget what is incomplete and let the parser go."""
        if self._parser is not None:
            self._parser.drop()
            self._parser = None
        self._chunks, self._pending, self._partial = [], 0, b""

    def _check(self, data: bytes) -> tuple[bytes, StreamError | None]:
        """The bytes up to what is forbidden, and what is wrong with that."""
        error = None
        if self._partial or not data.isascii():
            data, error = self._decode(data)
        if self._lt and data[:1] in (b"!", b"?"):
            return b"", _restricted()
        if b"<!" in data or b"<?" in data:
            at = min(found for found in (data.find(b"<!"), data.find(b"<?")) if found >= 0)
            # The "<" goes to the parser, as when a portion ends there: "<a<!" is not well-formed, however it is cut.
            return data[: at + 1], _restricted()
        return data, error

    def _decode(self, data: bytes) -> tuple[bytes, StreamError | None]:
        """Hold back a character that is incomplete; nothing that is not UTF-8 goes on."""
        whole, self._partial = self._partial + data, b""
        try:
            whole.decode()
        except UnicodeDecodeError as error:
            good = whole[: error.start]
            if error.reason == "unexpected end of data" and len(whole) - error.start < 4:
                self._partial = whole[error.start :]
                return good, None
            return good, StreamError("unsupported-encoding", "The bytes are not valid UTF-8 (RFC 6120 §11.6).")
        return whole, None

    def _slice(self, data: bytes, events: list[Event]) -> None:
        parser = self._parser
        if parser is None:
            if data[:1] != b"<":
                data = data.lstrip(_SPACE)
                if not data:
                    return
                if data[0] != 60:
                    raise _stray()
            parser = self._parser = self._pool.take()
        elif not data:
            return
        self._lt = data[-1] == 60
        self._chunks.append(data)
        self._pending += len(data)
        parser.total += len(data)
        try:
            parser.parse(data)
        except (expat.ExpatError, StreamError) as error:
            if parser.marks:
                self._take(parser, events)
            raise parse_error(error) if isinstance(error, expat.ExpatError) else error from error
        if parser.marks and self._take(parser, events):
            return
        if self._pending > self.max_bytes:
            raise _too_big(self.max_bytes)
        if self._pending > self._pool.options.max_tag_bytes and parser.unfinished > self._pool.options.max_tag_bytes:
            raise StreamError("policy-violation", f"A tag may have {self._pool.options.max_tag_bytes} bytes.")

    def _take(self, parser: Parser, events: list[Event]) -> bool:
        """Make events of the marks. :returns: whether nothing is left, and the parser given back."""
        chunks = self._chunks
        data = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        base = parser.total - len(data)
        done = 0
        for mark in parser.marks:
            if mark is None:
                events.append(StreamClosed())
                self.drop()
                return True
            name, attrs, children, start, first, end, odd = mark
            start -= base
            if start != done and data[done:start].strip(_SPACE):
                raise _stray()
            if first and data.find(b">", start) == first - base - 1:  # the usual case: the first ">" ends the tag
                inner = first - base
            else:
                tag = START_TAG.match(data, start)
                if tag is None:  # expat took it, so this is a flaw of ours; still never guess
                    raise StreamError("not-well-formed", "A tag cannot be read.")
                inner = tag.end()
            if data[inner - 2] == 47 and not first:
                content, done = b"", inner
            else:
                content = data[inner : end - base]
                done = data.index(b">", end - base) + 1
            if inner - start > _GROWING_TAG_BYTES:
                _check_growth(attrs, inner - start)
            if done - start > self.max_bytes or done - start > self._pool.options.max_attribute_bytes:
                self._check_size(data[start:done])
            if odd:
                events.append(self._odd(name, attrs, data[start:done], content))
                continue
            namespace = attrs.pop("xmlns", CLIENT)
            payloads = tuple([(namespace if uri is None else uri, child) for uri, child in children])
            if name in _KINDS and namespace == CLIENT:
                events.append(Stanza(name, attrs, content, payloads))
            else:
                events.append(Nonza(namespace, name, attrs, content, payloads))
        parser.marks.clear()
        rest = data[done:].lstrip(_SPACE) if done != len(data) else b""
        if not rest:
            self._parser = None
            self._chunks, self._pending = [], 0
            self._pool.give(parser)
            return True
        if rest[0] != 60:
            raise _stray()
        self._chunks, self._pending = [rest], len(rest)
        return False

    def _check_size(self, data: bytes) -> None:
        """Bounds that only a large stanza can exceed."""
        options = self._pool.options
        if len(data) > self.max_bytes:
            raise _too_big(self.max_bytes)
        for tag in START_TAG.finditer(data):
            if tag.end() - tag.start() > options.max_tag_bytes:
                raise StreamError("policy-violation", f"A tag may have {options.max_tag_bytes} bytes.")
            if any(len(value) - 2 > options.max_attribute_bytes for value in _VALUES.findall(tag.group())):
                raise StreamError("policy-violation", f"An attribute may have {options.max_attribute_bytes} bytes.")

    def _odd(self, name: str, written: dict[str, str], data: bytes, inner: bytes) -> Event:
        """An element with prefixes: read again with namespaces, and made to carry its declarations itself."""
        context = _CLIENT_DEFAULT
        used: dict[str | None, str] = {}
        if self._outer:
            used = {p: uri for p, uri in self._outer.items() if p and f"{p}:".encode() in data}
            context += declarations(used)
        if name.startswith("stream:"):
            context += _STREAM_PREFIX
        tag = resolve(data, context)
        if len(tag.prefixes) > self._pool.options.max_prefixes:
            raise StreamError("policy-violation", f"A stanza may declare {self._pool.options.max_prefixes} prefixes.")
        attrs = {key: value for key, value in written.items() if key != "xmlns" and not key.startswith("xmlns:")}
        children = tuple(tag.children)
        if tag.namespace != ns.CLIENT or tag.name not in _KINDS:
            return Nonza(tag.namespace, tag.name, attrs, inner, children)
        if written.get("xmlns", ns.CLIENT) != ns.CLIENT:
            raise StreamError("bad-namespace-prefix", "A stanza's default namespace must be jabber:client.")
        return Stanza(tag.name, attrs, inner, children, _declared(tag, used))


def _declared(tag: Tag, outer: dict[str | None, str]) -> bytes:
    return declarations({**outer, **tag.prefixes})


def _check_growth(attrs: dict[str, str], size: int) -> None:
    """Escaping anew must not make much of little: at most twice the size and 1 KiB."""
    if sum(len(attribute(value).encode()) for value in attrs.values()) > 2 * size + 1024:
        raise StreamError("policy-violation", "The attributes hold too many characters that need escaping.")


def _restricted() -> StreamError:
    return StreamError("restricted-xml", "Comments, processing instructions, CDATA and DTDs may not be used.")


def _too_big(bound: int) -> StreamError:
    return StreamError("policy-violation", f"A stanza may have {bound} bytes here.")


def _stray() -> StreamError:
    return StreamError("bad-format", "Text may not stand between stanzas.")
