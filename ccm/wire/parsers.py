"""
Pooled expat parsers that mark where elements begin and end (RFC 6120 §11.1).

An idle parser holds 11 to 22 kB and an idle connection none: parsers are lent while an element is incomplete. Each is
fed one constant root, stands at depth 1 whenever it is in the pool, is dropped after any error, and is renewed
after some feeds because expat keeps every name it ever met. Leaves out namespaces: an element with a prefix in it
is only marked ``odd`` here and looked at again by :mod:`ccm.wire.tags`.
"""

from collections.abc import Callable
from xml.parsers import expat

from ccm.errors import StreamError
from ccm.wire.limits import WireOptions

ROOT = b"<stream:stream>"
_FEEDS_PER_PARSER = 20_000
_RESERVED = frozenset({"http://www.w3.org/2000/xmlns/", "http://www.w3.org/XML/1998/namespace"})


#: A complete element at depth 1, a plain tuple for speed: name as written; attributes; for each child element the value
#: of its xmlns (or None) and its name as written; offset of its first byte among all bytes fed; offset of its end tag
#: (of what follows, for an empty tag); whether it uses prefixes or namespaces that need a closer look.
Mark = tuple[str, dict[str, str], list[tuple[str | None, str]], int, int, bool]


class Parser:
    """
    One expat parser that has read the root.

    :ivar marks: complete elements since it was last emptied; ``None`` stands for the end tag of the root.
    :ivar total: bytes fed since it was made; whoever calls :ivar:`parse` adds to it.
    :ivar parse: reads on. Raises ``StreamError`` when a bound is exceeded or something forbidden is met, and
        ``ExpatError`` if the bytes are not well-formed.
    """

    __slots__ = ("_expat", "feeds", "marks", "parse", "total")

    def __init__(self, options: WireOptions) -> None:
        self.marks: list[Mark | None] = []
        self._expat = expat.ParserCreate("utf-8")
        _watch(self._expat, self.marks, options)
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
        self._max_idle = max_idle

    def take(self) -> Parser:
        """A parser at depth 1."""
        return self._idle.pop() if self._idle else Parser(self.options)

    def give(self, parser: Parser) -> None:
        """Back, at depth 1 with nothing pending; else :meth:`Parser.drop` it."""
        parser.feeds += 1
        if parser.feeds >= _FEEDS_PER_PARSER or len(self._idle) >= self._max_idle:
            parser.drop()
        else:
            self._idle.append(parser)


def _watch(parser: expat.XMLParserType, marks: list[Mark | None], options: WireOptions) -> None:
    """Set the handlers; closures, because they run for every tag and cells are faster than attributes."""
    max_depth, max_elements = options.max_depth + 1, options.max_elements
    max_attributes, max_name, max_value = options.max_attributes, options.max_name_bytes, options.max_attribute_bytes
    depth = deep = begin = 0
    odd = False
    root_name = ""
    root_attrs: dict[str, str] = {}
    children: list[tuple[str | None, str]] = []

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal depth, deep, begin, odd, root_name, root_attrs, children
        depth += 1
        if depth == 3:
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
            deep, odd = 0, False
        if attrs:
            names = name + ":".join(attrs)
            if names.count(":") >= len(attrs):  # more than the joints: a prefix, or xml:lang
                odd = odd or ":" in name or any(":" in key and key != "xml:lang" for key in attrs)
            if len(names) > max_name or len(attrs) > max_attributes or len("".join(attrs.values())) > max_value:
                _check_tag(name, attrs, max_name, max_attributes, max_value)
            if attrs.get("xmlns") in _RESERVED:
                odd = True
        elif ":" in name or len(name) > max_name:
            odd = True
            _check_tag(name, attrs, max_name, max_attributes, max_value)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1
        if depth == 1:
            if len(children) + deep >= max_elements:
                raise _too_complex(max_depth - 1, max_elements)
            marks.append((root_name, root_attrs, children, begin, parser.CurrentByteIndex, odd))
        elif depth == 0:
            marks.append(None)

    def refuse(*_args: object) -> None:
        raise StreamError("restricted-xml", "Comments, processing instructions and DTDs may not be used.")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.CommentHandler = parser.ProcessingInstructionHandler = refuse


def _too_complex(depth: int, elements: int) -> StreamError:
    return StreamError("policy-violation", f"A stanza may be {depth} elements deep and hold {elements} of them.")


def _check_tag(name: str, attrs: dict[str, str], max_name: int, max_attributes: int, max_value: int) -> None:
    if len(attrs) > max_attributes:
        raise StreamError("policy-violation", f"An element may have {max_attributes} attributes.")
    for word in (name, *attrs):
        if len(word.encode()) > max_name:
            raise StreamError("policy-violation", f"A name may have {max_name} bytes.")
    for value in attrs.values():
        if len(value.encode()) > max_value:
            raise StreamError("policy-violation", f"An attribute may have {max_value} bytes.")
