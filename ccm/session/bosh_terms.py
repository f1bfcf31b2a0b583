"""
What a BOSH session agreed on when it was created (XEP-0124 1.11.2 §7), and its key sequence (§15).

Leaves out ``route`` (one server stands behind), ``accept`` (no content encodings of requests) and charsets other than
UTF-8.
"""

import hashlib
import hmac
from dataclasses import dataclass, field

from ccm.session import bosh_body as wire
from ccm.session.bosh_options import BoshOptions
from ccm.wire.framing import Body

CONTENT_TYPE = "text/xml; charset=utf-8"
_HIGHEST_VERSION = (1, 11)


@dataclass(slots=True)
class Terms:
    """
    The terms of a session.

    :ivar to: the domain asked for, ``""`` if the client named none.
    :ivar wait: seconds a request is held at most.
    :ivar hold: requests held at a time; one more may be under way.
    :ivar version: ``ver`` as answered, ``""`` for a client of before 1.5 (§17.1).
    :ivar acks: the client acknowledges answers, and wants its requests acknowledged (§9).
    :ivar secure: the session began over an encrypted connection.
    :ivar next_key: what the next ``key`` hashes to; ``""`` if the client uses none.
    :ivar keys: keys of the last requests by rid: a resent request must bear its own again.
    """

    to: str
    wait: int
    hold: int
    version: str
    acks: bool
    secure: bool
    content_type: str = CONTENT_TYPE
    next_key: str = ""
    keys: dict[int, str] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """How many requests may be under way: "one more than the value of the 'hold' attribute" (§7.2)."""
        return self.hold + 1

    @property
    def polling(self) -> bool:
        """Whether nothing is ever held (§12)."""
        return self.wait == 0 or self.hold == 0

    def creation(self, sid: str, rid: int, authid: str, options: BoshOptions) -> list[tuple[str, str]]:
        """The attributes of the first answer, complete (§7.2, XEP-0206 §4)."""
        attrs = [
            ("sid", sid),
            ("wait", str(self.wait)),
            ("requests", str(self.requests)),
            ("hold", str(self.hold)),
            ("from", self.to),
            ("inactivity", str(options.inactivity_seconds)),
            ("polling", str(options.polling_seconds)),
            ("maxpause", str(options.maxpause_seconds)),
            ("charsets", "UTF-8"),
            ("authid", authid),
            ("xmpp:version", "1.0"),
            ("xmpp:restartlogic", "true"),
        ]
        if self.version:
            attrs.append(("ver", self.version))
        if self.acks:
            attrs.append(("ack", str(rid)))
        if self.secure:
            attrs.append(("secure", "true"))
        return attrs

    def accept_key(self, rid: int, key: str | None, new_key: str | None) -> bool:
        """Whether a new request continues the key sequence (§15.4); notes what the next one must hash to."""
        if self.next_key:
            digest = hashlib.sha1((key or "").encode(), usedforsecurity=False).hexdigest()
            if not key or not _same(digest, self.next_key):
                return False
            self.keys[rid] = key
            while len(self.keys) > self.requests:
                del self.keys[next(iter(self.keys))]
            self.next_key = new_key or key
        return True

    def same_key(self, rid: int, key: str | None) -> bool:
        """Whether a resent request bears the key it bore before (§14.3: "an exact copy of the original request")."""
        known = self.keys.get(rid)
        return known is None or _same(key or "", known)


def of_creation(body: Body, options: BoshOptions, secure: bool) -> Terms:
    """The terms that answer a session request: what the client asks for, within the limits."""
    wait, hold = wire.number(body, "wait"), wire.number(body, "hold")
    return Terms(
        to=body.attrs.get("to", ""),
        wait=options.wait_seconds if wait is None else min(wait, options.wait_seconds),
        hold=1 if hold is None else min(hold, options.hold),
        version=_version(body.attrs.get("ver", "")),
        acks=body.attrs.get("ack") == "1",
        secure=secure,
        content_type=_content_type(body.attrs.get("content", "")),
        next_key=body.attrs.get("newkey", ""),
    )


def _version(asked: str) -> str:
    """The lower of the client's version and ours; each part is a number of its own (§7.1)."""
    major, dot, minor = asked.partition(".")
    if not (dot and major.isdecimal() and minor.isdecimal() and len(asked) <= 9):
        return ""
    return ".".join(map(str, min((int(major), int(minor)), _HIGHEST_VERSION)))


def _content_type(asked: str) -> str:
    """What the client wants answers labelled as (§7.1), if that is XML: never anything that a browser would run."""
    kind = asked.partition(";")[0].strip().lower()
    return f"{kind}; charset=utf-8" if kind in ("text/xml", "application/xml") else CONTENT_TYPE


def _same(one: str, other: str) -> bool:
    """Keys compare without regard to case (§15.3); in constant time."""
    return hmac.compare_digest(one.lower().encode(), other.lower().encode())
