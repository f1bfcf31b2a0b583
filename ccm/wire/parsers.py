"""
Pooled expat parsers that mark where elements begin and end (RFC 6120 §11.1).

An idle parser holds 11 to 22 kB and an idle connection none: parsers are lent while an element is incomplete. Each is
fed one constant root, stands at depth 1 whenever it is in the pool, is dropped after any error, and is renewed
after some feeds because expat keeps every name it ever met. Leaves out namespaces: an element with a prefix in it
is only marked ``odd`` here and looked at again by :mod:`ccm.wire.tags`.
"""

from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from ccm.errors import StreamError
from ccm.wire.limits import WireOptions

ROOT = b"<stream:stream>"
_FEEDS_PER_PARSER = 20_000
_MAX_PLAIN = 4_096
_MAX_PLAIN_CHARACTERS = 80
_RESERVED = frozenset({"http://www.w3.org/2000/xmlns/", "http://www.w3.org/XML/1998/namespace"})


#: A complete element at depth 1, a plain tuple for speed: name as written; attributes; for each child element the value
#: of its xmlns (or None) and its name as written; offsets among all bytes fed of its first byte, of its first child (0
#: if it has none), of its end tag (of what follows, for an empty tag); whether it needs a closer look for its prefixes.
Mark = tuple[str, dict[str, str], list[tuple[str | None, str]], int, int, int, bool]


class Parser:
    """
    One expat parser that has read the root.

    :ivar marks: complete elements since it was last emptied; ``None`` stands for the end tag of the root.
    :ivar total: bytes fed since it was made; whoever calls :ivar:`parse` adds to it.
    :ivar parse: reads on. Raises ``StreamError`` when a bound is exceeded or something forbidden is met, and
        ``ExpatError`` if the bytes are not well-formed.
    """

    __slots__ = ("_expat", "feeds", "marks", "parse", "total")

    def __init__(self, options: WireOptions, plain: set[Any]) -> None:
        self.marks: list[Mark | None] = []
        self._expat = expat.ParserCreate("utf-8")
        _watch(self._expat, self.marks, options, plain)
        defer = getattr(self._expat, "SetReparseDeferralEnabled", None)
        if defer is not None:  # with it on, a complete stanza may arrive late (expat 2.6)
            defer(False)
        self.parse: Callable[[bytes], int] = self._expat.Parse
        self.parse(ROOT)
        self.total = len(ROOT)
        self.feeds = 0

    @property
    def unfinished(self) -> int:
        """Bytes of the token that is still incomplete."""
        return self.total - self._expat.CurrentByteIndex

    def drop(self) -> None:
        """Break the cycle between parser and handlers, which otherwise waits for the garbage collector."""
        for name in ("StartElement", "EndElement", "StartDoctypeDecl", "Comment", "ProcessingInstruction"):
            setattr(self._expat, name + "Handler", None)


class ParserPool:
    """
    Parsers that wait for an element; one pool a process.

    :param max_idle: how many are kept; more are dropped.
    """

    def __init__(self, options: WireOptions | None = None, max_idle: int = 64) -> None:
        self.options = options or WireOptions()
        self._idle: list[Parser] = []
        self._plain: set[str | tuple[str, ...]] = set()  # names met before that need no closer look
        self._max_idle = max_idle

    def take(self) -> Parser:
        """A parser at depth 1."""
        return self._idle.pop() if self._idle else Parser(self.options, self._plain)

    def give(self, parser: Parser) -> None:
        """Back, at depth 1 with nothing pending; else :meth:`Parser.drop` it."""
        parser.feeds += 1
        if parser.feeds >= _FEEDS_PER_PARSER or len(self._idle) >= self._max_idle:
            parser.drop()
        else:
            self._idle.append(parser)


def _watch(parser: expat.XMLParserType, marks: list[Mark | None], options: WireOptions, plain: set[Any]) -> None:
    """Set the handlers; closures, because they run for every tag and cells are faster than attributes."""
    max_depth, max_elements = options.max_depth + 1, options.max_elements
    max_attributes, max_name = options.max_attributes, options.max_name_bytes
    depth = deep = begin = first = 0
    odd = False
    root_name = ""
    root_attrs: dict[str, str] = {}
    children: list[tuple[str | None, str]] = []

    def look(key: str | tuple[str, ...]) -> bool:
        """Check a name, or those of attributes, not met before: is there a prefix? Plain ones are remembered."""
        names = (key,) if isinstance(key, str) else key
        if len(names) > max_attributes:
            raise StreamError("policy-violation", f"An element may have {max_attributes} attributes.")
        if any(len(word.encode()) > max_name for word in names):
            raise StreamError("policy-violation", f"A name may have {max_name} bytes.")
        if any(":" in word and (word != "xml:lang" or names is not key) for word in names):
            return True
        if len(plain) < _MAX_PLAIN and sum(map(len, names)) < _MAX_PLAIN_CHARACTERS:
            plain.add(key)
        return False

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal depth, deep, begin, first, odd, root_name, root_attrs, children
        depth += 1
        if depth == 3:
            if not children:
                first = parser.CurrentByteIndex
            children.append((attrs.get("xmlns"), name))
            if len(children) > max_elements:
                raise _too_complex(max_depth - 1, max_elements)
        elif depth > 3:
            deep += 1
            if depth > max_depth or deep > max_elements:
                raise _too_complex(max_depth - 1, max_elements)
        else:
            begin = parser.CurrentByteIndex
            root_name, root_attrs, children = name, attrs, []
            deep, first, odd = 0, 0, False
        if name not in plain and look(name):
            odd = True
        if attrs:
            names = tuple(attrs)
            if names not in plain and look(names):
                odd = True
            if attrs.get("xmlns") in _RESERVED:
                odd = True

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1:
            if len(children) + deep >= max_elements:
                raise _too_complex(max_depth - 1, max_elements)
            marks.append((root_name, root_attrs, children, begin, first, parser.CurrentByteIndex, odd))
        elif depth == 0:
            marks.append(None)

    def refuse(*_args: object) -> None:
        raise StreamError("restricted-xml", "Comments, processing instructions and DTDs may not be used.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.CommentHandler = parser.ProcessingInstructionHandler = refuse


def _too_complex(depth: int, elements: int) -> StreamError:
    return StreamError("policy-violation", f"A stanza may be {depth} elements deep and hold {elements} of them.")
