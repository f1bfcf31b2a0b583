"""
XMPP addresses as plain strings (RFC 7622, with the stringprep profiles of RFC 6122 for comparison).

A *jid* in CCM is a prepared ``str``. Strangers choose what is prepared here, so lengths are checked first and
the cache of results is bounded. Leaves out PRECIS enforcement, which registration and nicknames do themselves.
"""

import re
from functools import lru_cache

from twisted.words.protocols.jabber.jid import InvalidFormat, parse, prep

from ccm.errors import StanzaError

MAX_PART_BYTES = 1023  # RFC 7622 §3.1: each part at most 1023 octets
_CACHED = 20_000
_MAX_CACHED_CHARACTERS = 200  # longer ones are rare, and would let strangers fill the memory
_MAX_PLAIN_CHARACTERS = 300
_PLAIN = re.compile(r"(?:[a-z0-9._+-]{1,64}@)?[a-z0-9]+(?:(?:\.|-+)[a-z0-9]+)*(?:/[!-~]{1,64})?\Z")


def prepare(jid: str) -> str:
    """
    Bring an address into its canonical form; a dot at the end of a domain is left out (RFC 7622 §3.2).

    :raises StanzaError: ``jid-malformed`` if a part is empty, too long or holds a forbidden character.
    """
    if len(jid) <= _MAX_PLAIN_CHARACTERS and _PLAIN.match(jid):
        return jid
    if len(jid) > 3 * MAX_PART_BYTES + 2:
        raise StanzaError("jid-malformed", "That address is too long.")
    return _remembered(jid) if len(jid) <= _MAX_CACHED_CHARACTERS else _prepare(jid)


def _prepare(jid: str) -> str:
    try:
        rest, slash, last = jid.partition("/")
        if rest.startswith("@") or (slash and not last):
            raise InvalidFormat("empty part")  # Twisted Words takes an empty part for none
        local, domain, resource = prep(*parse(jid))
    except (InvalidFormat, UnicodeError, IndexError) as error:  # IndexError: Twisted Words, of an empty label
        raise StanzaError("jid-malformed", f"“{jid[:80]}” is not a valid address.") from error
    domain = domain.removesuffix(".")
    for part in (local, domain, resource):
        if part is not None and not 0 < len(part.encode()) <= MAX_PART_BYTES:
            raise StanzaError("jid-malformed", "A part of that address is empty or too long.")
    return join(local, domain, resource)


_remembered = lru_cache(_CACHED)(_prepare)


def join(local: str | None, domain: str, resource: str | None = None) -> str:
    """Put an address together from prepared parts; ``None`` and ``""`` leave a part out."""
    jid = f"{local}@{domain}" if local else domain
    return f"{jid}/{resource}" if resource else jid


def split(jid: str) -> tuple[str | None, str, str | None]:
    """Take a prepared address apart: localpart, domainpart, resourcepart."""
    rest, slash, resource = jid.partition("/")
    local, at, domain = rest.partition("@")
    return (local if at else None, domain if at else rest, resource if slash else None)


def bare(jid: str) -> str:
    """The address without its resource."""
    return jid.partition("/")[0]


def domain(jid: str) -> str:
    """The domainpart of an address."""
    rest = jid.partition("/")[0]
    return rest.rpartition("@")[2]


def is_domain(name: str) -> bool:
    """Whether that is a domain, written as it is compared."""
    try:
        return prepare(name) == name and domain(name) == name
    except StanzaError:
        return False


def local(jid: str) -> str | None:
    """The localpart of an address, ``None`` for a domain."""
    return split(jid)[0]


def resource(jid: str) -> str | None:
    """The resourcepart of an address, ``None`` for a bare one."""
    return jid.partition("/")[2] or None
