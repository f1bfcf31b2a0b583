"""
Tells people in the chat, in words, what a component changed or what went wrong.

A correction travels twice: in the answer to the request, and as a chat message that stays in the log; both hold the
same element, so a dashboard shows it once.
"""

from collections.abc import Iterable

from twisted.words.xish.domish import Element

from ccm import namespaces as ns
from ccm.components.operations import Correction
from wokkel.subprotocols import XMPPHandler


class Correspondence(XMPPHandler):  # type: ignore[misc]
    """Chat messages of a component to its users."""

    def __init__(self, domain: str) -> None:
        super().__init__()
        self._domain = domain

    def tell(self, user: str, corrections: Iterable[Correction]) -> None:
        """Say each correction to a bare JID."""
        for correction in corrections:
            self.say(user, correction.text, correction.element())

    def say(self, user: str, text: str, payload: Element | None = None) -> None:
        """One chat message."""
        message = Element((None, "message"))
        message["type"], message["to"], message["from"] = "chat", user, self._domain
        message.addUniqueId()
        message.addElement("body", content=text)
        if payload is not None:
            message.addChild(payload)
        message.addElement((ns.HINTS, "store"))
        self.send(message)
