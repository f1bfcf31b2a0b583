"""
The ``<body/>`` wrapper of BOSH as bytes (XEP-0124 1.11.2 §5, XEP-0206 1.4 §2): telling requests apart, writing replies.

The commonest request, an empty one, is recognised by a pattern; anything else goes through the slicer
(:class:`ccm.wire.framing.BoshFraming`). Leaves out what the attributes mean.
"""

import re
from collections.abc import Iterable, Sequence

from ccm import namespaces as ns
from ccm.wire.framing import Body, Event
from ccm.wire.stanza import Stanza, attribute, text

#: Conditions that are BOSH's own while a session is being created (§17.2); later all are remote-stream-error.
CREATION_CONDITIONS = ("host-gone", "host-unknown", "improper-addressing", "system-shutdown")
#: HTTP status for clients that gave no ``ver`` (§17.1).
LEGACY_STATUS = {"bad-request": 400, "policy-violation": 403, "item-not-found": 404}

EMPTY = f"<body xmlns='{ns.HTTPBIND}'/>".encode()
_OPEN = f"<body xmlns='{ns.HTTPBIND}'".encode()
_STREAM_PREFIX = f" xmlns:stream='{ns.STREAMS}'".encode()
_XMPP_PREFIX = f" xmlns:xmpp='{ns.XBOSH}'"
_RID = re.compile(r"(?:0|[1-9][0-9]{0,15})\Z", re.ASCII)

# only attributes whose values need no unescaping; everything else takes the long way
_POLL = re.compile(
    rb"""<body((?:[ ](?:rid|ack)=(?:'[0-9]{1,16}'|"[0-9]{1,16}")|[ ]sid=(?:'[\w-]{1,64}'|"[\w-]{1,64}")"""
    rb"""|[ ]xmlns=(?:'http://jabber\.org/protocol/httpbind'|"http://jabber\.org/protocol/httpbind")){3,4})[ ]?"""
    rb"""(?:/>|></body>)\Z"""
)
_PAIR = re.compile(rb""" (\w+)=['"]([^'"]*)['"]""")
_SID = re.compile(rb"""\A\s*(?:<\?[^>]*>\s*)?<(?:[\w.-]+:)?body(?:\s[^>]*?)?\ssid\s*=\s*["']([\w-]{1,64})["']""")


def poll(data: bytes) -> Body | None:
    """The request, if it is an empty one in the usual form; ``None`` says nothing about it."""
    found = _POLL.match(data)
    if found is None:
        return None
    pairs = _PAIR.findall(found[1])
    attrs = {name.decode(): value.decode() for name, value in pairs}
    if len(attrs) != len(pairs) or len(attrs) < 3 or "xmlns" not in attrs or "sid" not in attrs:
        return None
    del attrs["xmlns"]
    return Body(attrs, ())


def is_empty(body: Body) -> bool:
    """Whether a request brings nothing and asks for nothing: it only waits for an answer."""
    return not body.events and body.attrs.keys() <= {"rid", "sid", "ack"}


def is_remark(event: Event) -> bool:
    """Whether it is a message to a room: that changes nothing of the session."""
    return type(event) is Stanza and event.kind == "message" and event.type == "groupchat"


def is_request(event: Event) -> bool:
    """Whether it is an IQ that must be answered (RFC 6120 §8.2.3)."""
    return type(event) is Stanza and event.kind == "iq" and event.type in ("get", "set")


def is_question(event: Event) -> bool:
    """Whether something comes back at once as a rule: a request's answer, what a room makes of a message."""
    return is_request(event) or is_remark(event)


def peek_sid(data: bytes) -> str | None:
    """The session id that a request seems to name, to find its session; compare with the parsed one."""
    found = _SID.match(data)
    return found[1].decode() if found else None


def rid_of(body: Body) -> int | None:
    """The request id as a number, ``None`` if it is missing or none."""
    value = body.attrs.get("rid", "")
    return int(value) if _RID.match(value) else None


def number(body: Body, name: str) -> int | None:
    """A small non-negative number among the attributes; ``None`` if it is missing or none."""
    value = body.attrs.get(name, "")
    return int(value) if re.fullmatch(r"[0-9]{1,16}", value, re.ASCII) else None


def truth(body: Body, name: str) -> bool:
    """A boolean attribute (XEP-0206 §4: both ``true`` and ``1``)."""
    return body.attrs.get(name) in ("true", "1")


def reply(units: Sequence[bytes], attrs: Iterable[tuple[str, str]] = ()) -> bytes:
    """
    A ``<body/>`` for an answer.

    :param units: complete elements that declare their namespaces.
    :param attrs: attributes; names with the prefix ``xmpp`` have it declared.
    """
    pairs = "".join(f" {name}='{attribute(value)}'" for name, value in attrs)
    if not units and not pairs:
        return EMPTY
    head = _OPEN
    if pairs:
        head += (pairs + _XMPP_PREFIX if " xmpp:" in pairs else pairs).encode()
    if not units:
        return head + b"/>"
    if any(unit.startswith(b"<stream:") for unit in units):
        head += _STREAM_PREFIX
    return b"%b>%b</body>" % (head, b"".join(units))


def terminate(condition: str | None, said: str = "", units: Sequence[bytes] = ()) -> bytes:
    """The end of a session (XEP-0124 §13, §17.2), with a text for whoever reads the traffic."""
    attrs = [("type", "terminate")]
    if condition:
        attrs.append(("condition", condition))
    explained = (b"<text xmlns='%b' xml:lang='en'>%b</text>" % (ns.STREAM_ERRORS.encode(), text(said)),) if said else ()
    return reply((*units, *explained), attrs)
