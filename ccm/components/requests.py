"""
Serves a table of operations as compact IQ requests (``docs/protocol.md``).

A request is one element in the component's namespace; its attributes are the parameters. An attribute of a sibling
component's request may name the person it acts for; from anybody else such operations do not exist.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from twisted.words.protocols.jabber.xmlstream import toResponse
from twisted.words.xish.domish import Element
from zope.interface import implementer

import ccm.wokkel_imports  # noqa: F401 - before wokkel
from ccm import address
from ccm import namespaces as ns
from ccm.components.context import Context
from ccm.components.correspondence import letters
from ccm.components.once import Once, hashed, key_of
from ccm.components.operations import Correction, Gate, Operation, Request, execute, refusal
from ccm.errors import StanzaError
from wokkel.disco import DiscoFeature
from wokkel.iwokkel import IDisco
from wokkel.subprotocols import XMPPHandler


@implementer(IDisco)
class Requests(XMPPHandler):  # type: ignore[misc]
    """
    :param namespace: of the payloads.
    :param operations: the table.
    """

    def __init__(self, namespace: str, operations: Sequence[Operation], context: Context, gate: Gate) -> None:
        super().__init__()
        self._namespace = namespace
        self._operations = tuple(operations)
        self._context = context
        self._gate = gate
        self._once = Once(context)

    def connectionInitialized(self) -> None:
        for operation in self._operations:
            query = f"/iq[@type='{operation.type}']/{operation.name}[@xmlns='{self._namespace}']"
            self.xmlstream.addObserver(query, partial(self._asked, operation))

    def _asked(self, operation: Operation, iq: Any) -> None:
        if iq.handled:
            return
        sender = iq.getAttribute("from") or ""
        if operation.inner and sender not in self._context.siblings.values():
            return  # left to the fallback: for others it does not exist
        iq.handled = True
        self._context.spawn(self._serve(operation, sender, iq))

    async def _serve(self, operation: Operation, sender: str, iq: Element) -> None:
        payload = next(iq.elements(self._namespace, operation.name))
        values = {
            name: value.strip() for name, value in payload.attributes.items() if isinstance(name, str) and value.strip()
        }
        try:
            key = key_of(iq, self._context.domain) if operation.type == "set" else ""
            if sender not in self._context.siblings.values():
                values.pop("request", None)
            elif "request" in values:  # part of a larger one, which may be made again as a whole
                key = hashed(f"{operation.name} {values.pop('request')}")
            if "for" in values:
                if sender not in self._context.siblings.values():
                    raise StanzaError("forbidden", "You can only act for yourself.")
                sender = address.prepare(values["for"])
            request = Request(sender, values, language_of(payload) or language_of(iq), payload, key)
            found = await (
                self._once.do(key, lambda: self._run(operation, request), partial(self._tell_again, request))
                if key
                else self._run(operation, request)
            )
        except StanzaError as error:
            self.send(refusal(iq, error))
            return
        result = toResponse(iq, "result")
        if found is not None:
            result.addChild(found)
        self.send(result)

    def _tell_again(self, request: Request, kept: Element) -> None:
        """Whoever has heard it does not hear it twice: the messages have the same origin-ids."""
        corrections = map(Correction.parse, kept.elements(ns.TOPICS, "correction"))
        for message in letters(self._context.domain, request.user, corrections, request.key):
            self.send(message)

    async def _run(self, operation: Operation, request: Request) -> Element | None:
        return (await execute(operation, request, self._gate)).payload

    # ---- IDisco

    def getDiscoInfo(self, _requestor: object, _target: object, nodeIdentifier: str = "") -> list[object]:
        return [] if nodeIdentifier else [DiscoFeature(self._namespace)]

    def getDiscoItems(self, _requestor: object, _target: object, _node: str = "") -> list[object]:
        return []


def language_of(element: Element) -> str:
    """The element's own ``xml:lang``, ``""`` without one."""
    return str(element.getAttribute((ns.XML, "lang")) or element.getAttribute("xml:lang") or "")
