"""
What notifications say (XEP-0357 0.4.1 §7): of which messages there is something to tell, and the request that tells it.

Somebody who is away is told of what is said to them, of calls and of invitations; not of what clients tell each other
(chat states, receipts), nor of what they said themselves elsewhere. Leaves out who is told.
"""

from dataclasses import dataclass

from ccm import namespaces as ns
from ccm.records import PushTarget
from ccm.wire import forms
from ccm.wire.stanza import Stanza, attribute, serialise

SUMMARY = "urn:xmpp:push:summary"
CARBONS = "urn:xmpp:carbons:2"
_MOST_BODY = 1000
_LETTERS = frozenset(
    {
        (ns.CLIENT, "body"),
        ("eu.siacs.conversations.axolotl", "encrypted"),
        ("urn:xmpp:omemo:2", "encrypted"),
        ("urn:xmpp:openpgp:0", "openpgp"),
        ("jabber:x:encrypted", "x"),
        ("urn:xmpp:jingle-message:0", "propose"),
        ("urn:xmpp:call-invites:0", "invite"),
        (ns.MUC_INVITE, "x"),
    }
)
_UNTOLD = frozenset({"error", "headline"})


@dataclass(frozen=True, slots=True)
class News:
    """What there is to tell of a message. *body* is ``""`` if it has none in clear."""

    sender: str
    body: str


def news_of(stanza: Stanza) -> News | None:
    """
    What there is to tell somebody who is away of a message; ``None`` if nothing.

    The message inside a copy (XEP-0280) counts if somebody else sent it.
    """
    if stanza.kind != "message" or stanza.type in _UNTOLD:
        return None
    if stanza.has(CARBONS):
        return _copied(stanza)
    if _LETTERS.isdisjoint(stanza.children) and not (stanza.has(ns.MUC_USER) and b"<invite" in stanza.inner):
        return None
    return News(stanza.from_ or "", (stanza.child_text("body") or "")[:_MOST_BODY])


def _copied(stanza: Stanza) -> News | None:
    if not stanza.has(CARBONS, "received"):
        return None
    for received in stanza.element.elements(CARBONS, "received"):
        for forwarded in received.elements(ns.FORWARD, "forwarded"):
            for message in forwarded.elements(ns.CLIENT, "message"):
                return news_of(Stanza.from_element(message))
    return None


def request(host: str, target: PushTarget, count: int, news: News, *, sender: bool, body: bool, instead: str) -> Stanza:
    """
    The publication that notifies.

    :param count: of messages since its client was last here.
    :param sender: whether to say who wrote. :param body: whether to say what.
    :param instead: said in the place of what was written; ``""`` says nothing.
    """
    fields = [forms.field("message-count", [str(count)])]
    if sender:
        fields.append(forms.field("last-message-sender", [news.sender]))
    said = news.body if body and news.body else instead
    if said:
        fields.append(forms.field("last-message-body", [said]))
    item = f"<item><notification xmlns='{ns.PUSH}'>".encode() + forms.form("submit", SUMMARY, fields)
    node = f" node='{attribute(target.node)}'" if target.node else ""
    inner = f"<pubsub xmlns='{ns.PUBSUB}'><publish{node}>".encode() + item + b"</notification></item></publish>"
    if target.options:
        inner += b"<publish-options>" + target.options + b"</publish-options>"
    attrs = {"type": "set", "from": host, "to": target.service}
    return Stanza("iq", attrs, inner + b"</pubsub>", ((ns.PUBSUB, "pubsub"),))


def taken_back(stanza: Stanza) -> list[str]:
    """Nodes at the sender from which the recipient is shut out (§8)."""
    found = []
    for pubsub in stanza.element.elements(ns.PUBSUB, "pubsub"):
        for affiliation in pubsub.elements(ns.PUBSUB, "affiliation"):
            if affiliation.getAttribute("affiliation") == "none" and affiliation.getAttribute("jid") == stanza.to:
                found.append(pubsub.getAttribute("node") or "")
    return found


def transient(answer: Stanza) -> bool:
    """Whether an error may pass by itself: the service is away or busy."""
    if b"type='wait'" in answer.inner or b'type="wait"' in answer.inner:
        return True
    for error in answer.element.elements(ns.CLIENT, "error"):
        if error.getAttribute("type") == "wait":
            return True
        return any(child.name in _PASSING for child in error.elements(ns.STANZA_ERRORS))
    return False


_PASSING = frozenset(
    {
        *("remote-server-not-found", "remote-server-timeout", "internal-server-error", "resource-constraint"),
        *("recipient-unavailable", "service-unavailable"),
    }
)


def options_of(stanza: Stanza) -> bytes:
    """The form to publish with that came with ``<enable/>`` (§5), as bytes that declare their namespace."""
    form = forms.find(next(stanza.element.elements()))
    return b"" if form is None else serialise(form).encode()
