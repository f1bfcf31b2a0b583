"""
Start tags and namespaces, for the rare cases in which the slicer must look closely (RFC 6120 §4.8, §11.1).

Stream headers, BOSH bodies, and stanzas that use prefixes come here; plain stanzas never do. Leaves out DTDs,
comments and processing instructions: they are refused before these functions see the bytes.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from ccm import namespaces as ns
from ccm.errors import StreamError
from ccm.wire.stanza import attribute

#: A whole start tag; possessive, so that hostile input costs no backtracking.
START_TAG = re.compile(rb"<[^<>'\"!?/][^<>'\"]*+(?:(?:'[^'<]*+'|\"[^\"<]*+\")[^<>'\"]*+)*+>")
_DECLARATION = re.compile(
    rb"<\?xml\s+version\s*=\s*(?P<q>['\"])1\.[0-9]+(?P=q)"
    rb"(?:\s+encoding\s*=\s*(?P<e>['\"])(?P<encoding>[A-Za-z0-9._-]+)(?P=e))?"
    rb"(?:\s+standalone\s*=\s*(?:'(?:yes|no)'|\"(?:yes|no)\"))?\s*\?>"
)
_SEPARATOR = "\x01"  # forbidden in XML even as a character reference, so never part of a name
_UNBOUND = 27  # XML_ERROR_UNBOUND_PREFIX
_UNDEFINED_ENTITY = 11


@dataclass(slots=True)
class Tag:
    """
    A start tag with its namespaces resolved.

    :ivar attrs: keyed by local name, those of known namespaces as ``xml:lang`` and ``xmpp:version``.
    :ivar prefixes: declared on it: prefix (``None`` for the default) -> namespace.
    :ivar children: ``(namespace, name)`` of the child elements, for whole elements.
    """

    namespace: str
    name: str
    attrs: dict[str, str]
    prefixes: dict[str | None, str] = field(default_factory=dict)
    children: list[tuple[str, str]] = field(default_factory=list)


def parse_error(error: expat.ExpatError) -> StreamError:
    """The stream error for what expat says."""
    if error.code == _UNBOUND:
        return StreamError("bad-namespace-prefix", "A prefix is used that the stanza does not declare.")
    if error.code == _UNDEFINED_ENTITY:
        return StreamError("restricted-xml", "Only the five predefined entities may be used.")
    return StreamError("not-well-formed", f"The XML is not well-formed: {expat.ErrorString(error.code)}.")


def skip_declaration(data: bytes) -> int | None:
    """
    How many bytes an XML declaration and whitespace take at the start of a stream.

    :returns: ``None`` if more bytes are needed to tell.
    :raises StreamError: ``unsupported-encoding`` for anything but UTF-8 (RFC 6120 §11.6).
    """
    start = len(data) - len(data.lstrip())
    if not data.startswith(b"<?", start):
        return None if data[start:] == b"<" else start
    end = data.find(b"?>", start)
    if end < 0:
        return None
    found = _DECLARATION.match(data, start)
    if found is None:
        raise StreamError("restricted-xml", "Processing instructions may not be used.")
    if (found["encoding"] or b"utf-8").lower() != b"utf-8":
        raise StreamError("unsupported-encoding", "Only UTF-8 is understood (RFC 6120 §11.6).")
    rest = data[found.end() :]
    return len(data) - len(rest.lstrip())


def resolve(data: bytes, context: bytes = b"") -> Tag:
    """
    Namespaces of an element.

    :param data: a start tag alone, or a whole element.
    :param context: declarations that hold around it, each with a leading space, e.g. `` xmlns='jabber:client'``.
    :raises StreamError: if it is not well-formed or not namespace-well-formed.
    """
    parser = expat.ParserCreate("utf-8", _SEPARATOR)
    parser.namespace_prefixes = False
    tags: list[Tag] = []
    prefixes: dict[str | None, str] = {}
    depth = 0

    def declare(prefix: str | None, uri: str | None) -> None:
        if depth == 1:
            prefixes[prefix] = uri or ""

    def start(name: str, attrs: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        uri, _, local = name.rpartition(_SEPARATOR)
        if depth == 2:
            tags.append(Tag(uri, local, {_attribute_name(key): value for key, value in attrs.items()}, prefixes))
        elif depth == 3:
            tags[-1].children.append((uri, local))

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartNamespaceDeclHandler = declare
    try:
        parser.Parse(b"<around%b>" % context)
        parser.Parse(data)
    except expat.ExpatError as error:
        raise parse_error(error) from error
    finally:
        parser.StartElementHandler = parser.EndElementHandler = parser.StartNamespaceDeclHandler = None
    if len(tags) != 1:
        raise StreamError("not-well-formed", "Exactly one element was expected.")
    return tags[0]


def declarations(prefixes: dict[str | None, str]) -> bytes:
    """Prefix declarations as they stand in a tag, each with a leading space; the default namespace is left out."""
    return "".join(f" xmlns:{prefix}='{attribute(uri)}'" for prefix, uri in prefixes.items() if prefix).encode()


_KNOWN = {ns.XML: "xml", ns.XBOSH: "xmpp"}


def _attribute_name(key: str) -> str:
    uri, _, local = key.rpartition(_SEPARATOR)
    if not uri:
        return local
    prefix = _KNOWN.get(uri)
    return f"{prefix}:{local}" if prefix else f"{{{uri}}}{local}"
