"""
Tells people in the chat, in words, what a component changed or what went wrong.

A correction travels twice: in the answer to the request, and as a chat message that stays in the log; both hold the
same element, so a dashboard shows it once. For other clients the message holds a form (XEP-0004 2.13.1) with what can
be done about it; :mod:`ccm.components.undo` reads what comes back.
"""

from collections.abc import Iterable, Iterator

from twisted.words.xish.domish import Element

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import namespaces as ns
from ccm.components.operations import Correction
from wokkel import data_form
from wokkel.subprotocols import XMPPHandler

#: FORM_TYPE of the form in a message.
CHOICE = f"{ns.TOPICS}#choice"
KEEP, UNDO = "keep", "undo"


class Correspondence(XMPPHandler):  # type: ignore[misc]
    """Chat messages of a component to its users."""

    def __init__(self, domain: str) -> None:
        super().__init__()
        self._domain = domain

    def tell(self, user: str, corrections: Iterable[Correction], key: str = "") -> None:
        """Say each correction to a bare JID; those with the *key* of a request are told once, if it is made again."""
        for message in letters(self._domain, user, corrections, key):
            self.send(message)

    def say(self, user: str, text: str, *payloads: Element | None, id_: str = "") -> None:
        """One chat message. :param id_: that no other message of this component has; ``""`` makes one."""
        self.send(letter(self._domain, user, text, *payloads, id_=id_))


def letters(domain: str, user: str, corrections: Iterable[Correction], key: str = "") -> Iterator[Element]:
    """The chat messages that tell of corrections; see :meth:`Correspondence.tell`."""
    for number, correction in enumerate(corrections):
        id_ = f"{key}.{number}" if key else ""
        yield letter(domain, user, correction.text, correction.element(), choice(correction), id_=id_)


def letter(domain: str, user: str, text: str, *payloads: Element | None, id_: str = "") -> Element:
    """One chat message of a component; see :meth:`Correspondence.say`."""
    message = Element((None, "message"))
    message["type"], message["to"], message["from"] = "chat", user, domain
    if id_:
        message["id"] = id_
        message.addElement((ns.STANZA_ID, "origin-id"))["id"] = id_
    else:
        message.addUniqueId()
    message.addElement("body", content=text)
    for payload in payloads:
        if payload is not None:
            message.addChild(payload)
    message.addElement((ns.HINTS, "store"))
    return message


def choice(correction: Correction) -> Element | None:
    """The form that asks what to do about a correction; ``None`` if nothing can be done."""
    if not correction.undo:
        return None
    options = [data_form.Option(KEEP, "Leave it so"), data_form.Option(UNDO, "Undo")]
    options += [data_form.Option(each.id, each.label) for each in correction.alternatives]
    form = data_form.Form("form", instructions=[correction.text], formNamespace=CHOICE)
    form.addField(data_form.Field("hidden", "id", value=correction.undo))
    form.addField(data_form.Field("list-single", "choice", value=KEEP, label="What now?", options=options))
    element: Element = form.toElement()
    return element
