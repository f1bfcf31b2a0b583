"""
XEP-0115 Entity Capabilities 1.6.0, hearing: what clients here can do, asked once for each verification string.

Leaves out clients of other servers, hashes other than SHA-1, and strings of clients that do not verify (§5.4): those
are held for that session alone.
"""

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha1
from typing import Any

from twisted.words.xish.domish import Element

from ccm import address
from ccm import namespaces as ns
from ccm.router.hooks import on
from ccm.router.router import Router
from ccm.wire.stanza import Stanza, attribute

_MOST_STRINGS = 2000
_NONE: frozenset[str] = frozenset()


class Caps:
    """
    Asks a client what it can do when its presence names a string that nobody has explained yet.

    :param learnt: called with a session once what it can do is known, or is other than before.
    """

    def __init__(self, router: Router, learnt: Callable[[Any], None]) -> None:
        self._router = router
        self._learnt = learnt
        #: verification string -> features, for those that were checked
        self._known: dict[str, frozenset[str]] = {}
        #: full JID -> (verification string, features)
        self._sessions: dict[str, tuple[str, frozenset[str]]] = {}
        #: full JID -> (verification string, what forgets the question) of those who have not answered yet
        self._asked: dict[str, tuple[str, Callable[[], None]]] = {}

    def features(self, session: Any) -> frozenset[str]:
        """What a session's client can do, as far as is known."""
        return self._sessions.get(session.jid, ("", _NONE))[1]

    @on.event("session-presence")
    def heard(self, session: Any) -> None:
        """Its presence is new or another."""
        presence = session.presence
        if presence is None or not presence.has(ns.CAPS, "c"):
            return
        told = next(presence.element.elements(ns.CAPS, "c"))
        ver, node = told.getAttribute("ver") or "", told.getAttribute("node") or ""
        if self._sessions.get(session.jid, ("", _NONE))[0] == ver:
            return
        known = self._known.get(ver) if told.getAttribute("hash") == "sha-1" else None
        if known is not None:
            self._forget(session.jid)
            self._learn(session, ver, known)
        elif self._asked.get(session.jid, (None,))[0] != ver:
            self._forget(session.jid)  # what it could do before does not matter any more
            self._ask(session, ver, node)

    @on.event("session-closed")
    def gone(self, session: Any) -> None:
        """It can do nothing any more."""
        self._sessions.pop(session.jid, None)
        self._forget(session.jid)

    def _forget(self, jid: str) -> None:
        asked = self._asked.pop(jid, None)
        if asked is not None:
            asked[1]()

    def _ask(self, session: Any, ver: str, node: str) -> None:
        inner = f"<query xmlns='{ns.DISCO_INFO}' node='{attribute(f'{node}#{ver}')}'/>".encode()
        attrs = {"type": "get", "from": address.bare(session.jid), "to": session.jid}
        query = Stanza("iq", attrs, inner, ((ns.DISCO_INFO, "query"),))

        def answered(answer: Stanza) -> None:
            self._asked.pop(session.jid, None)
            if answer.type != "result" or not answer.has(ns.DISCO_INFO, "query"):
                return
            told = next(answer.element.elements(ns.DISCO_INFO, "query"))
            features = frozenset(
                child.getAttribute("var") or "" for child in told.elements() if child.name == "feature"
            )
            if string_of(told) == ver and len(self._known) < _MOST_STRINGS:
                self._known[ver] = features
            self._learn(session, ver, features)

        self._asked[session.jid] = ver, self._router.request(query, answered)

    def _learn(self, session: Any, ver: str, features: frozenset[str]) -> None:
        self._sessions[session.jid] = (ver, features)
        self._learnt(session)


def string_of(query: Element) -> str:
    """The verification string of an answer to disco#info (§5.1), forms included."""
    identities, features, extensions = [], [], []
    for child in query.elements():
        if child.name == "identity":
            lang = child.getAttribute(("http://www.w3.org/XML/1998/namespace", "lang")) or child.getAttribute(
                "xml:lang"
            )
            parts = [child.getAttribute("category"), child.getAttribute("type"), lang, child.getAttribute("name")]
            identities.append("/".join(part or "" for part in parts))
        elif child.name == "feature":
            features.append(child.getAttribute("var") or "")
        elif child.uri == ns.DATA_FORMS:
            extensions.append(_extension(child))
    lines = [*sorted(identities), *sorted(features), *(line for form in sorted(extensions) for line in form)]
    return b64encode(sha1("".join(f"{line}<" for line in lines).encode()).digest()).decode()


def _extension(form: Element) -> list[str]:
    fields = {
        str(field["var"]): sorted(str(v) for v in field.elements())
        for field in form.elements()
        if field.hasAttribute("var")
    }
    lines = fields.pop("FORM_TYPE", [""])[:1]
    for var in sorted(fields):
        lines += [var, *fields[var]]
    return lines
